"""What a merchant reads of its sales: orders by page, the figures of a day, what needs doing."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Count, Exists, Min, OuterRef, Q, QuerySet, Sum

from kernel import clock
from kernel.money import Money
from merchants import queries as stock_queries
from merchants.coupon_texts import normalised
from merchants.models import CouponCode, CouponUse, Merchant, Product, StockBatch, Store
from merchants.queries import StockLevels
from merchants.states import BatchState, ProductKind, ProductStatus
from settlement import queries as settlement
from settlement.models import Payout

from . import metrics
from .metrics import Rates
from .models import Dispute, Order, Payment, Refund
from .models.dispute import STANDING
from .services.baskets import contact_key
from .states import OPEN_REFUNDS, UNANSWERED_DISPUTES, Fulfilment, PaymentState, RefundState, Use
from .tokens import plain_number

PAGE = 25

VIEWS: dict[str, Q] = {
    "": Q(),
    "pending": Q(payment_state=PaymentState.PENDING),
    "paid": Q(paid_at__isnull=False),
    "todo": Q(fulfilment__in=[Fulfilment.QUEUED, Fulfilment.HELD, Fulfilment.FAILED]),
    "refunded": Q(payment_state__in=[PaymentState.PARTIALLY_REFUNDED, PaymentState.REFUNDED]),
    "late": Q(paid_late=True) | Q(duplicate=True) | Q(underpaid=True) | Q(overpaid=True),
    "disputed": Q(pk__in=Dispute.objects.filter(STANDING).values("order_id")),
}
"""The saved views of the list, by their name in the address."""

# An order is paid within this of its placing, or it is not found by a day's figures; ids carry the time.
_PAID_WITHIN = timedelta(days=2)
# A refund that failed and a payout that came back are something to do for a week; afterwards their lists
# remember them.
_FAILED_SINCE = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class OrderPage:
    """Newest first. `older` continues the list; empty: this is its end."""

    orders: Sequence[Order]
    older: str


@dataclass(frozen=True, slots=True)
class Day:
    """The figures since midnight on the merchant's clock: what was paid by the time of paying, the rates by
    the time of placing.
    """

    gross: list[Money]
    paid: int
    keys: int
    rates: Rates


@dataclass(frozen=True, slots=True)
class Waiting:
    """Something of another app that waits: what, how many, how urgent, and where it is looked at."""

    said: str
    count: int
    tone: str
    url: str


WAITING: list[Callable[[Merchant, Store | None], Waiting | None]] = []
"""What the apps above the sale add to what needs doing."""


@dataclass(frozen=True, slots=True)
class Tasks:
    """What waits for somebody."""

    held: int
    failed: int
    refunds: int
    refunds_failed: int
    disputes: int
    answer_by: datetime | None
    scarce: list[tuple[Product, StockLevels]]
    uploads: list[StockBatch]
    came_back: list[Payout]
    more: list[Waiting]

    def __bool__(self) -> bool:
        counts = (self.held, self.failed, self.refunds, self.refunds_failed, self.disputes)
        return any((*counts, self.scarce, self.uploads, self.came_back, self.more))


def orders(
    merchant: Merchant,
    *,
    store: Store | None = None,
    view: str = "",
    text: str = "",
    before: UUID | None = None,
) -> OrderPage:
    """A page of orders, of one store or of all. `text`: a number, the buyer's e-mail, or a coupon's code."""
    found: QuerySet[Order] = Order.objects.of(merchant).filter(VIEWS.get(view, Q()), _of(store))
    if text:
        found = found.filter(_named(merchant, text))
    if before is not None:
        found = found.filter(id__lt=before)
    disputed = Dispute.objects.filter(STANDING, order=OuterRef("pk"))
    found = found.annotate(is_disputed=Exists(disputed)).select_related("product", "store", "merchant")
    rows = list(found[: PAGE + 1])
    return OrderPage(rows[:PAGE], rows[PAGE - 1].key if len(rows) > PAGE else "")


def today(merchant: Merchant, store: Store | None = None) -> Day:
    """The figures since midnight, in the merchant's time zone and on its clock."""
    start = midnight(merchant)
    recent = Order.objects.filter(
        _of(store), merchant=merchant, id__gte=first_id(start - _PAID_WITHIN, merchant)
    )
    paid = recent.filter(paid_at__gte=start)
    sums = paid.values("currency").annotate(amount=Sum("total")).order_by("currency")
    delivered = recent.filter(delivered_at__gte=start).aggregate(keys=Sum("quantity"))
    return Day(
        gross=[Money(row["amount"], row["currency"]) for row in sums],
        paid=paid.count(),
        keys=delivered["keys"] or 0,
        rates=metrics.rates(recent.filter(placed_at__gte=start)),
    )


def tasks(merchant: Merchant, store: Store | None = None, *, with_payouts: bool = False) -> Tasks:
    """What waits: orders held or failed, refunds without an end, banks that want an answer, scarce products,
    unconfirmed uploads.

    `with_payouts`: those that came back as well, for who may see the money.
    """
    waiting = (
        Order.objects.filter(
            _of(store), merchant=merchant, fulfilment__in=[Fulfilment.HELD, Fulfilment.FAILED]
        )
        .values("fulfilment")
        .annotate(count=Count("pk"))
    )
    by_state = {row["fulfilment"]: row["count"] for row in waiting}
    money_back = Refund.objects.filter(_of(store, "order__store"), merchant=merchant)
    lately = clock.now() - _FAILED_SINCE
    uploads = StockBatch.objects.filter(
        _of(store, "product__store"), merchant=merchant, state=BatchState.CHECKED
    )
    asked = Dispute.objects.filter(
        _of(store, "order__store"), merchant=merchant, state__in=UNANSWERED_DISPUTES
    ).aggregate(count=Count("pk"), first=Min("evidence_due_by"))
    return Tasks(
        held=by_state.get(Fulfilment.HELD, 0),
        failed=by_state.get(Fulfilment.FAILED, 0),
        refunds=money_back.filter(state__in=OPEN_REFUNDS).count(),
        refunds_failed=money_back.filter(state=RefundState.FAILED, concluded_at__gte=lately).count(),
        disputes=asked["count"],
        answer_by=asked["first"],
        scarce=_scarce(merchant, store),
        uploads=list(uploads.select_related("product")),
        came_back=list(settlement.came_back(merchant, lately)) if with_payouts else [],
        more=[found for each in WAITING if (found := each(merchant, store))],
    )


def applied(order: Order) -> Payment | None:
    """The payment that pays the order."""
    return Payment.objects.filter(order=order, use=Use.APPLIED).select_related("account").first()


def midnight(merchant: Merchant) -> datetime:
    """When the merchant's day began, in UTC, on its clock."""
    zone = ZoneInfo(merchant.time_zone)
    day = clock.now(merchant).astimezone(zone).date()
    return datetime.combine(day, time.min, zone).astimezone(UTC)


def _named(merchant: Merchant, text: str) -> Q:
    """The orders that a text names. One or the other: no index answers a number or a code at once."""
    if "@" in text:
        return Q(contact_key=contact_key(merchant.id, text))
    code = CouponCode.objects.filter(merchant=merchant, code=normalised(text)).first()
    if code is not None:
        return Q(id__in=CouponUse.objects.filter(code=code).values("order_id"))
    return Q(number=plain_number(text))


def _of(store: Store | None, column: str = "store") -> Q:
    """What belongs to a store, or everything."""
    return Q(**{column: store}) if store else Q()


def _scarce(merchant: Merchant, store: Store | None) -> list[tuple[Product, StockLevels]]:
    live = Product.objects.filter(
        _of(store), merchant=merchant, status=ProductStatus.LIVE, kind=ProductKind.CARD_KEYS
    )
    shelf = list(live.select_related("store"))
    levels = stock_queries.stock_levels([product.id for product in shelf])
    scarce = [
        (product, levels[product.id])
        for product in shelf
        if levels[product.id].available < product.low_stock_threshold
    ]
    return sorted(scarce, key=lambda row: row[1].available)


def first_id(moment: datetime, merchant: Merchant) -> UUID:
    """The smallest UUIDv7 of that moment, which is told on the merchant's clock."""
    real = moment - merchant.clock_ahead
    return UUID(int=int(real.timestamp() * 1000) << 80)
