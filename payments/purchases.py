"""An order as its buyer sees it: one stage, what to do next, and what became of the money."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from kernel import clock
from kernel.money import Money

from . import money_back, shelf, withholding
from .channels.base import Action
from .errors import OrderNotFound
from .limits import MAX_EXTENSIONS
from .models import Order, Payment, Refund
from .shelf import Shop
from .states import OPEN_ATTEMPTS, Fulfilment, PaymentState, RefundKind, RefundState, Use
from .tokens import TOKEN_LENGTH


class Stage(StrEnum):
    """What the page is about."""

    PAY = "pay"  # the buyer can pay
    OPENING = "opening"  # the channel has not answered yet
    CHOOSE = "choose"  # the last attempt failed or has ended; another one may work
    LATE = "late"  # the time is over; the channel is asked before the keys go back
    CONFIRMING = "confirming"
    DELIVERING = "delivering"
    HELD = "held"
    DELIVERED = "delivered"
    PROBLEM = "problem"  # paid, and the keys could not be delivered
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    REFUNDED = "refunded"


_RESTING = {Stage.DELIVERED, Stage.EXPIRED, Stage.CANCELLED, Stage.REFUNDED}
_UNPAID_STAGES = {Stage.PAY, Stage.OPENING, Stage.CHOOSE, Stage.LATE}


@dataclass(frozen=True, slots=True)
class Purchase:
    """An order with its payments and refunds, as they stood when it was read."""

    order: Order
    shop: Shop
    payments: tuple[Payment, ...]
    refunds: tuple[Refund, ...]
    read_at: datetime  # on the merchant's clock
    is_withheld: bool = False
    """Whether the keys stay with the shop, since their money is gone."""

    @property
    def latest(self) -> Payment | None:
        """The attempt that the buyer is paying by."""
        return self.payments[-1] if self.payments else None

    @property
    def applied(self) -> Payment | None:
        """The payment that paid the order."""
        return next((payment for payment in self.payments if payment.use == Use.APPLIED), None)

    @property
    def action(self) -> Action | None:
        """What the buyer is asked to do, while the channel takes money for it."""
        if self.latest is None or self.latest.expires_at <= self.read_at:
            return None
        return self.latest.action

    @property
    def stage(self) -> Stage:
        """Where the order stands, in the buyer's eyes."""
        return _stage(self)

    @property
    def is_unpaid(self) -> bool:
        """Whether the page still asks for money."""
        return self.stage in _UNPAID_STAGES

    @property
    def is_resting(self) -> bool:
        """Whether nothing more is to be expected, so that the page need not ask again."""
        return self.stage in _RESTING and not self.is_refunding

    @property
    def is_refunding(self) -> bool:
        """Whether money is on its way back."""
        return any(refund.state not in {RefundState.SUCCEEDED, RefundState.FAILED} for refund in self.refunds)

    @property
    def has_keys(self) -> bool:
        """Whether there are keys to show."""
        return self.order.fulfilment == Fulfilment.DELIVERED and self.order.subscription_id is None

    @property
    def can_extend(self) -> bool:
        """Whether the buyer may ask for more time: for that keys are kept, and a membership has none."""
        has_keys = self.order.subscription_id is None
        return (
            has_keys
            and self.is_unpaid
            and self.stage != Stage.LATE
            and self.order.extensions < MAX_EXTENSIONS
        )

    @property
    def can_check(self) -> bool:
        """Whether asking the channel at the buyer's wish makes sense."""
        return self.is_unpaid or self.stage == Stage.CONFIRMING

    @property
    def surplus(self) -> Money | None:
        """What came in besides the price and goes back."""
        extra = [
            payment.came.amount
            for payment in self.payments
            if payment.use == Use.SURPLUS and payment.received is None
        ]
        return Money(sum(extra), self.order.currency) if extra else None

    @property
    def arrivals(self) -> list[str]:
        """How long its refunds take to the buyer: a sentence, to be translated, for each channel there is."""
        ways = (refund.account.channel for refund in self.refunds if refund.state != RefundState.FAILED)
        return list(dict.fromkeys(map(money_back.words, ways)))

    @property
    def other_amounts(self) -> tuple[Payment, ...]:
        """Payments of another amount than was asked for; they go back."""
        return tuple(payment for payment in self.payments if payment.received is not None)

    @property
    def refunded(self) -> Money:
        """What has gone back of the order's own payment."""
        done = [
            refund.amount
            for refund in self.refunds
            if refund.state == RefundState.SUCCEEDED and refund.kind != RefundKind.SURPLUS
        ]
        return Money(sum(done), self.order.currency)

    @property
    def version(self) -> str:
        """Changes whenever the live part of the page does; the language is the page's own."""
        order = self.order
        parts = [
            order.payment_state, order.fulfilment, order.expires_at, order.extensions, order.revealed_at,
            order.flags, self.stage, self.is_withheld,
            [(payment.pk, payment.state, payment.use, payment.action_kind) for payment in self.payments],
            [(refund.pk, refund.state) for refund in self.refunds],
        ]  # fmt: skip
        return hashlib.sha256(repr(parts).encode()).hexdigest()[:20]


def find(token: str) -> Purchase:
    """The purchase behind a token, whole. Raises OrderNotFound."""
    order = Order.objects.filter(token=token).first() if len(token) == TOKEN_LENGTH else None
    if order is None:
        raise OrderNotFound
    return read(order)


def read(order: Order) -> Purchase:
    """An order with what belongs to it."""
    shop = shelf.shop_of(order.store_id)
    payments = tuple(Payment.objects.filter(order=order).order_by("ordinal"))
    has_paid = any(payment.use for payment in payments)
    refunds = (
        tuple(Refund.objects.filter(order=order).select_related("account").order_by("id")) if has_paid else ()
    )
    is_withheld = has_paid and withholding.is_withheld(order)
    return Purchase(order, shop, payments, refunds, clock.now(shop), is_withheld)


def _stage(of: Purchase) -> Stage:
    state, fulfilment = PaymentState(of.order.payment_state), Fulfilment(of.order.fulfilment)
    match state:
        case PaymentState.PENDING:
            return _unpaid(of)
        case PaymentState.PROCESSING:
            return Stage.CONFIRMING
        case PaymentState.EXPIRED:
            return Stage.EXPIRED
        case PaymentState.CANCELLED:
            return Stage.CANCELLED
        case PaymentState.REFUNDED:
            return Stage.REFUNDED
    return {
        Fulfilment.HELD: Stage.HELD,
        Fulfilment.DELIVERED: Stage.DELIVERED,
        Fulfilment.FAILED: Stage.PROBLEM,
        Fulfilment.REVOKED: Stage.REFUNDED,
    }.get(fulfilment, Stage.DELIVERING)


def _unpaid(of: Purchase) -> Stage:
    if of.read_at >= of.order.expires_at:
        return Stage.LATE
    if of.action is not None:
        return Stage.PAY
    latest = of.latest
    if latest is None or latest.expires_at <= of.read_at or latest.state not in OPEN_ATTEMPTS:
        return Stage.CHOOSE
    return Stage.OPENING
