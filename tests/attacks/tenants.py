"""Two merchants with one of everything, made once a module, and the way to try many addresses on them."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from django.db import transaction
from django.urls import URLPattern, URLResolver, get_resolver

from kernel import ids
from kernel.actors import SYSTEM
from kernel.money import Money
from kernel.recent import Recent
from merchants.models import Invitation, Member, Merchant, StockBatch, StockItem
from merchants.roles import Role
from merchants.scopes import Scope
from merchants.services import api_keys, coupon_codes, team
from payments.services import refunds
from tests.api.events import told
from tests.factories import payments as make
from tests.factories import settlement as bank
from tests.factories import subscriptions as members
from tests.factories import webhooks
from tests.factories.coupons import CouponFactory
from tests.factories.memberships import membership, opened, planned
from tests.factories.merchants import MemberFactory
from web.api.throttling import ByKey
from webhooks.bodies import delivery_id

Name = TypeVar("Name")


@dataclass(frozen=True)
class Tenant:
    """A merchant with one of everything: `objects` maps the name of a parameter to its key."""

    merchant: Merchant
    owner: Member
    objects: Mapping[str, str]

    def made_up(self) -> "Tenant":
        """The same merchant, and objects that nobody has."""
        nobodys = {name: ids.encode(key.split("_")[0], ids.new()) for name, key in self.objects.items()}
        return Tenant(self.merchant, self.owner, nobodys)

    def talking_nonsense(self) -> "Tenant":
        """The same merchant, and objects whose names are none."""
        return Tenant(self.merchant, self.owner, dict.fromkeys(self.objects, "' OR 1=1 --"))


def tenant() -> Tenant:
    """A merchant that sells, refunds, is settled, and has a team, keys and webhooks."""
    merchant = bank.merchant()
    owner = MemberFactory.create(merchant=merchant)
    shop = make.shop(3, merchant=merchant)
    order = make.paid(shop)
    payment = make.payment_of(order)
    batch = StockBatch.objects.filter(merchant=merchant)[0]
    team.invite(merchant, "x@example.com", Role.VIEWER, by=owner.user, actor=SYSTEM)
    endpoint = webhooks.endpoint("https://8.8.8.8/hook", merchant_id=merchant.pk)
    event = webhooks.event(endpoint)
    webhooks.tell(event)
    payout = bank.drafted(merchant)
    refund = refunds.book(payment=payment, amount=Money(1, "CNY"), reason="x", actor=SYSTEM)
    coupon = CouponFactory.create(merchant=merchant)
    club = membership(store=shop.product.store)
    objects = {
        "statement": payout.statement.key,
        "payout": payout.request_no,
        "account": payout.bank_account.key,
        "endpoint": endpoint.key,
        "event": told(merchant).key,
        "delivery": ids.encode("whd", delivery_id(event.id, endpoint.pk)),
        "product": shop.product.key,
        "store": shop.product.store.key,
        "order": order.key,
        "payment": payment.reference,
        "refund": refund.request_no,
        "batch": batch.key,
        "item": StockItem.objects.filter(batch=batch, state="available")[0].key,
        "member": owner.key,
        "key": api_keys.create(merchant, "key", [Scope.ORDERS_READ], actor=SYSTEM)[0].key,
        "coupon": coupon.key,
        "generation": coupon_codes.begin(coupon, 2, prefix="", actor=SYSTEM).key,
        "plan": planned(club).key,
        "entitlement": opened(club).name,
        **subscribed(merchant),
        "invitation": Invitation.objects.get(merchant=merchant).key,
    }
    return Tenant(merchant, owner, objects)


def subscribed(merchant: Merchant) -> dict[str, str]:
    """A subscription of the merchant's, with its invoice and its mandate."""
    subscription = members.started(members.membership(merchant))
    return {
        "subscription": subscription.key,
        "invoice": subscription.invoices.get().key,
        "mandate": subscription.mandates.get().key,
        "price_change": members.asked_for_more(subscription).key,
    }


def addresses(table: Any = None, before: str = "") -> Iterator[tuple[str, URLPattern]]:
    """Every address of the web's table, with its parameters as they stand there."""
    for entry in (table or get_resolver()).url_patterns:
        path = before + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from addresses(entry, path)
        else:
            yield path, entry


def sweep(over: Iterable[Name], answer: Callable[[Name], Any]) -> dict[Name, Any]:
    """What each of them answers, each in the world as it was made."""
    said = {}
    for each in over:
        with undone():
            said[each] = answer(each)
    return said


@contextmanager
def undone() -> Iterator[None]:
    """Whatever is done inside is taken back, and no process remembers it."""
    Recent.forget_all()
    ByKey.forget()
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
