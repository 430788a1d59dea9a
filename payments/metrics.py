"""The rates of a sale: each has one name, one definition and one query, whoever looks at it."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from kernel.errors import said

from .models import Order, Payment
from .states import PaymentState

_OPEN = (PaymentState.PENDING, PaymentState.PROCESSING)


@dataclass(frozen=True, slots=True)
class Metric:
    """What a rate is called and how it is counted; both are translated by whoever shows them."""

    name: str
    definition: str


PAID_SHARE = Metric(
    said("Paid share of orders"),
    said("Of the orders placed, how many are paid. Those that still wait for money count as placed."),
)
PAYMENT_SUCCESS = Metric(
    said("Payment success rate"),
    said("Of the orders that somebody tried to pay, how many are paid. Those still open do not count yet."),
)
CHANNEL_SUCCESS = Metric(
    said("Payment success by channel"),
    said(
        "Of the orders that somebody tried to pay at a channel, how many it took the money of. An order tried"
        " at two counts at both; those still open do not count yet."
    ),
)
COUPON_GMV = Metric(
    said("Sold with the coupon"),
    said(
        "What buyers paid for the orders on which the coupon was used, after discounts, before refunds and"
        " fees. An order with two coupons counts at both."
    ),
)
COUPON_COST = Metric(
    said("Discount given"),
    said("What the coupon took off the prices of those orders. Orders that were never paid do not count."),
)
COUPON_LIFT = Metric(
    said("Paid share with the coupon"),
    said(
        "Of the orders placed with the coupon in the last 30 days, how many are paid, beside those placed"
        " without any coupon. The difference does not say that the coupon caused it."
    ),
)


@dataclass(frozen=True, slots=True)
class Rate:
    """A metric's value: `part` of `whole`, in orders."""

    metric: Metric
    part: int
    whole: int

    @property
    def percent(self) -> int | None:
        """In whole per cent; None where there is nothing to count."""
        return round(100 * self.part / self.whole) if self.whole else None


@dataclass(frozen=True, slots=True)
class Rates:
    """The rates of a set of orders."""

    paid_share: Rate
    payment_success: Rate

    def __iter__(self) -> Iterator[Rate]:
        yield self.paid_share
        yield self.payment_success


def rates(placed: QuerySet[Order]) -> Rates:
    """The rates of the orders in `placed`: a cohort by the time of placing.

    Somebody tried to pay an order once a method gave the buyer something to pay by, or money came.
    """
    given = Payment.objects.filter(order=OuterRef("pk")).exclude(action_kind="")
    is_paid = Q(paid_at__isnull=False)
    counts = placed.aggregate(
        placed=Count("pk"),
        paid=Count("pk", filter=is_paid),
        tried=Count("pk", filter=is_paid | (~Q(payment_state__in=_OPEN) & Q(Exists(given)))),
    )
    return Rates(
        Rate(PAID_SHARE, counts["paid"], counts["placed"]),
        Rate(PAYMENT_SUCCESS, counts["paid"], counts["tried"]),
    )
