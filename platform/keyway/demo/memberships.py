"""Two and a half months of the demo's club, through the services of every subscription.

What is due is done in its own moment, as the workers would. Nobody listens at the sandbox's port yet, so
charges are handed over to the sandbox's Stripe here. Afterwards the workers go on from where this ends.
"""

import heapq
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from uuid import NAMESPACE_URL, UUID, uuid5

from django.db.models import Min

from kernel import clock
from kernel.actors import BUYER
from kernel.books import Book
from merchants.models import Product
from merchants.services import plans
from merchants.services.plans import PlanOffer
from payments.channels.base import ChargeState
from payments.memberships import Wish
from payments.models import Order, Payment
from payments.services import attempts, checkout
from payments.services.baskets import Basket
from payments.states import Device, PaymentState
from payments.subscriptions.models import Invoice, Subscription
from payments.subscriptions.services import (
    cancellations,
    changes,
    charges,
    debts,
    pauses,
    renewals,
    starts,
    tries,
)
from payments.subscriptions.states import InvoiceState

from . import cards, goods, history
from .members import MEMBERS, Deed, Member, Turn

_LINK = "alipay.page"
_MOST = 50


def tell() -> int:
    """Let it happen, once. Gives how many there are of it: none where the club is not sold."""
    club = Product.objects.filter(store__book=Book.LIVE, slug=goods.DAWN_CLUB.slug).first()
    if club is None or Subscription.objects.filter(book=Book.LIVE).exists():
        return 0
    Club(club).play()
    return len(MEMBERS)


@dataclass(slots=True)
class Club:
    """The club while its past is told: what lies ahead, and whom each subscription is of."""

    product: Product
    _ahead: list[tuple[datetime, int, Callable[[], None]]] = field(default_factory=list)
    _places: Iterator[int] = field(default_factory=count)
    _members: dict[UUID, Member] = field(default_factory=dict)
    _awaited: set[UUID] = field(default_factory=set)

    def play(self) -> None:
        """Everything up to now, each in its own moment."""
        now = clock.now()
        for number, member in enumerate(MEMBERS):
            at = now - timedelta(days=member.ago)
            self._at(at, lambda m=member, n=number: self._join(m, n, now))  # type: ignore[misc]
        while (moment := self._next()) <= now:
            with clock.telling(moment):
                if self._ahead and self._ahead[0][0] == moment:
                    heapq.heappop(self._ahead)[2]()
                else:
                    self._bill()
                self._await_buyers()

    def _next(self) -> datetime:
        due = Subscription.objects.filter(pk__in=self._members).aggregate(at=Min("due_at"))["at"]
        return min([each for each in (due, self._ahead[0][0] if self._ahead else None) if each])

    def _at(self, moment: datetime, deed: Callable[[], None]) -> None:
        heapq.heappush(self._ahead, (moment, next(self._places), deed))

    def _join(self, member: Member, number: int, now: datetime) -> None:
        plan = self._plan(member.plan)
        basket = Basket(
            product_id=self.product.pk,
            quantity=member.quantity,
            contact=f"{member.buyer}@buyers.example",
            method=_LINK,
            form_key=uuid5(NAMESPACE_URL, f"demo/member/{number}"),
            address=f"198.51.100.{number + 1}",
            language="zh-hans",
            device=Device.DESKTOP,
            codes=(member.code,) if member.code else (),
            plan=Wish(plan.version_id, "CNY"),
        )
        key = starts.trial(basket).subscription_id if member.trial else _bought(basket)
        self._members[key] = member
        if member.card:
            cards.show(Subscription.objects.get(pk=key))
        for deed in member.deeds:
            self._at(now - timedelta(days=deed.ago), lambda d=deed: self._turn(key, d))  # type: ignore[misc]

    def _plan(self, slug: str) -> PlanOffer:
        return next(each for each in plans.on_sale(self.product.pk) if each.slug == slug)

    def _turn(self, key: UUID, deed: Deed) -> None:
        found = Subscription.objects.select_related("merchant", "mandate").get(pk=key)
        match deed.turn:
            case Turn.PAUSE:
                pauses.at_end(found, actor=BUYER)
            case Turn.RESUME:
                pauses.resume(found, actor=BUYER)
            case Turn.CANCEL:
                cancellations.at_end(found, actor=BUYER, reason=deed.reason)
            case Turn.SEATS:
                changes.at_end(found, version_id=found.version_id, quantity=found.quantity + 1, actor=BUYER)
            case Turn.QUARTERLY:
                version = self._plan("quarter").version_id
                changes.at_end(found, version_id=version, quantity=found.quantity, actor=BUYER)
            case Turn.REFUSED:
                cards.refuse(found)

    def _bill(self) -> None:
        lot = renewals.claim(Book.LIVE, _MOST)
        answers = [(payment, cards.charge(payment)) for payment in lot.charges]
        paid = [pair for pair in answers if pair[1].state is ChargeState.SUCCEEDED]
        charges.record_paid(paid)
        for payment, answer in answers:
            if (payment, answer) not in paid:
                tries.conclude(payment, answer)
        for key in lot.later:
            debts.go_on(key)

    def _await_buyers(self) -> None:
        """Who has got a link pays by it, sooner or later."""
        asked = Invoice.objects.filter(subscription__in=self._members, state=InvoiceState.OPEN)
        for invoice in asked.exclude(pk__in=self._awaited).select_related("order"):
            self._awaited.add(invoice.pk)
            member = self._members[invoice.subscription_id]
            if member.pays is not None and not member.card:
                at = max(clock.now() + timedelta(minutes=1), invoice.due_at + member.pays)
                self._at(at, lambda key=invoice.order_id: _follow_link(key))  # type: ignore[misc]


def _bought(basket: Basket) -> UUID:
    """The first period is bought by a link."""
    placed = checkout.buy(basket)
    _pay(placed.payment_id)
    return Invoice.objects.values_list("subscription_id", flat=True).get(order_id=placed.order_id)


def _follow_link(order_id: UUID) -> None:
    order = Order.objects.select_related("merchant").get(pk=order_id)
    if order.payment_state == PaymentState.PENDING:
        _pay(attempts.open(order, _LINK).pk)


def _pay(payment_id: UUID) -> None:
    history.pay(Payment.objects.select_related("order__merchant").get(pk=payment_id), clock.now())
