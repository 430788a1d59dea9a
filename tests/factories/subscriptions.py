"""Makes memberships that can be bought, and subscriptions that live on them: real rows, real channels."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import uuid4

from kernel import clock
from kernel.actors import SYSTEM
from kernel.books import Book
from kernel.intervals import Unit
from merchants.models import Entitlement, Merchant, Plan, PlanVersion, Product
from merchants.services import plans
from merchants.services.plans import PlanOffer, Terms
from merchants.states import ProductKind, ProductStatus
from payments.channels.base import MandateSaid
from payments.memberships import Wish
from payments.models import Order
from payments.services import attempts
from payments.services.baskets import Basket
from payments.services.orders import Placed
from payments.subscriptions.models import Mandate, PriceChange, Subscription
from payments.subscriptions.services import mandates, price_changes
from tests.factories import cards
from tests.factories import payments as make
from tests.factories.merchants import MerchantFactory, ProductFactory, StoreFactory

HANDLE = "cus_buyer:pm_card"
ALIPAY, CARD = "alipay.page", "stripe.checkout"


def membership(merchant: Merchant | None = None, *, gateway: str = make.NOWHERE, **terms: Any) -> make.Shop:
    """A twin's shop that sells a membership at 10.00 a month, by Alipay and by card."""
    live = MerchantFactory.create()
    owner = merchant or MerchantFactory.create(book=Book.SANDBOX, twin_of=live)
    at = make.shop(1, merchant=owner)
    goods = ProductFactory.create(
        store=StoreFactory.create(merchant=owner),
        kind=ProductKind.MEMBERSHIP,
        currency="USD",
        status=ProductStatus.DRAFT,
        price=1000,
    )
    plan(make.Shop(owner, goods, at.account), **terms)
    goods.status = ProductStatus.LIVE
    goods.save()
    return make.Shop(owner, goods, cards.account(owner, gateway=gateway))


def plan(at: make.Shop, *, price: int = 1000, **terms: Any) -> PlanOffer:
    """Another plan of the membership."""
    values: dict[str, Any] = {"unit": Unit.MONTH, "max_quantity": 10, "prices": {"USD": price}}
    made = plans.create(
        at.product, actor=SYSTEM, terms=Terms(**(values | terms)), slug=f"p-{uuid4().hex[:8]}", name_en="Plan"
    )
    plans.publish(made, actor=SYSTEM)
    return next(each for each in plans.on_sale(at.product.pk) if each.plan_id == made.pk)


def first_plan(at: make.Shop) -> PlanOffer:
    """The plan that the membership was made with."""
    return plans.on_sale(at.product.pk)[0]


def wish(at: make.Shop, version: PlanOffer | None = None, *, consents: bool = True) -> Wish:
    """A buyer's wish for a plan."""
    return Wish((version or first_plan(at)).version_id, "USD", consents=consents)


def ordered(
    at: make.Shop, *, version: PlanOffer | None = None, consents: bool = True, **changes: Any
) -> Order:
    """The order that starts a subscription, unpaid."""
    values = {"method": CARD, "plan": wish(at, version, consents=consents)}
    return make.place(at, **(values | changes))


def of(order: Order) -> Subscription:
    """The subscription of an order, as it is now."""
    return Subscription.objects.select_related("merchant").get(pk=order.subscription_id)


def started(at: make.Shop, *, keeps: bool = True, **changes: Any) -> Subscription:
    """A subscription whose first period is paid by card; `keeps`: the card can be charged again."""
    order = ordered(at, consents=keeps, **changes)
    assert cards.tell(at, cards.completed(make.payment_of(order))).status == 200
    if keeps:
        keep_card(of(order))
    return of(order)


def keep_card(subscription: Subscription, handle: str = HANDLE) -> Mandate:
    """The channel says that it keeps the card."""
    mandate = subscription.mandates.exclude(state="ended").latest("id")
    mandates.activate(mandate.pk, MandateSaid(handle, "Visa •••• 4242", date(2099, 12, 31)))
    mandate.refresh_from_db()
    return mandate


def dearer(product: Product, price: int, **terms: Any) -> PlanVersion:
    """The next version of a product's first plan, published, at this price."""
    plan = Plan.objects.filter(product=product).earliest("id")
    values: dict[str, Any] = {"unit": Unit.MONTH, "max_quantity": 10, "prices": {"USD": price}}
    plans.draft_version(plan, Terms(**(values | terms)), actor=SYSTEM)
    return plans.publish(plan, actor=SYSTEM)


def asked_for_more(subscription: Subscription, price: int = 1500) -> PriceChange:
    """Another price that a subscription's buyer is asked about."""
    price_changes.offer(dearer(subscription.product, price).pk, actor=SYSTEM)
    return PriceChange.objects.get(subscription=subscription)


def advance(subscription: Subscription, **time: float) -> None:
    """Let the twin's clock run ahead."""
    merchant = Merchant.objects.get(pk=subscription.merchant_id)
    Merchant.objects.filter(pk=merchant.pk).update(clock_ahead=merchant.clock_ahead + timedelta(**time))


def again(subscription: Subscription) -> Subscription:
    """The subscription as it is now."""
    return Subscription.objects.select_related("merchant").get(pk=subscription.pk)


def now(subscription: Subscription) -> datetime:
    """The time on its merchant's clock."""
    return clock.now(again(subscription).merchant)


def key(subscription: Subscription) -> str:
    """The key that its member has."""
    return str(Entitlement.objects.get(subscription_id=subscription.pk).key)


def opened(order: Order) -> Order:
    """An order of a period with a card page open."""
    attempts.open(order, CARD)
    return order


def said(handle: str = HANDLE) -> MandateSaid:
    """What a channel says of a card that it keeps."""
    return MandateSaid(handle, "Visa •••• 4242", date(2099, 12, 31))


def basket(at: make.Shop, **changes: Any) -> Basket:
    """A buyer's form for the first plan, paying by card."""
    return make.basket(at, **({"method": CARD, "plan": wish(at)} | changes))


def found(placed: Placed) -> Order:
    """The order that was placed."""
    return make.found(placed)
