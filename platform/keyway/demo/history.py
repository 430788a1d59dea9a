"""What was bought in the demo before anybody looked: six days of trade, through the sale's own services.

While the seed runs nobody listens at the sandbox's port. So what two servers would send each other is handed
over here: the buyer's signed link to the sandbox's gateway, and its signed notification to our entrance. What
stays open, such as a refund or an order whose time runs out, the workers finish as soon as they run.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from urllib.parse import urlsplit
from uuid import NAMESPACE_URL, uuid5

from django.db import transaction

from kernel import clock
from kernel.actors import SYSTEM
from kernel.books import Book
from kernel.money import Money
from merchants.models import Product
from payments.channels.base import ChargeAnswer, ChargeState
from payments.channels.news import NoticeRequest
from payments.models import Order, Payment
from payments.sandbox import notifier
from payments.sandbox.alipay import calls, checkouts, wallet
from payments.sandbox.models import AlipayApp
from payments.sandbox.outgoing import Reply
from payments.sandbox.states import Ending
from payments.sandbox.states import Product as Door
from payments.services import checkout, expiry, notices, queries, refunds
from payments.services.baskets import Basket
from payments.states import Device, RefundKind
from risk.models import Limit
from risk.services import limits
from risk.states import Dimension, Outcome


class End(StrEnum):
    """How a visit went."""

    PAID = "paid"
    REFUNDED = "refunded"  # paid; a part goes back today
    LEFT = "left"  # nobody paid


@dataclass(frozen=True, slots=True)
class Visit:
    """Somebody bought `quantity` of a product so many minutes ago, and paid two minutes later."""

    ago: timedelta
    slug: str
    quantity: int
    buyer: str
    end: End = End.PAID


def _visit(days: float, minutes: int, slug: str, quantity: int, buyer: str, end: End = End.PAID) -> Visit:
    return Visit(timedelta(days=days, minutes=minutes), slug, quantity, f"{buyer}@buyers.example", end)


_PAYS_AFTER = timedelta(minutes=2)
# Oldest first. The last two, of one buyer within a minute, are what the limit below is for.
VISITS = (
    _visit(6, 110, "moonreel-month", 1, "lin"),
    _visit(6, 40, "starfall-680", 2, "wu"),
    _visit(5, 200, "moonreel-month", 5, "studio"),
    _visit(4, 95, "cirrus-drive-year", 1, "zhao"),
    _visit(4, 30, "inkwell-pro-cn", 1, "mei"),
    _visit(3, 160, "starfall-pass", 1, "wu"),
    _visit(3, 20, "cirrus-drive-year", 3, "office"),
    _visit(2, 75, "moonreel-month", 2, "hu"),
    _visit(2, 15, "starfall-680", 1, "qian", End.LEFT),
    _visit(1, 130, "inkwell-pro-cn", 2, "agency"),
    _visit(1, 45, "moonreel-month", 3, "shen", End.REFUNDED),
    _visit(0, 34, "moonreel-month", 1, "tang"),
    _visit(0, 28, "starfall-pass", 2, "xu"),
    _visit(0, 14, "papermill-office", 1, "ren", End.LEFT),
    _visit(0, 4, "moonreel-month", 1, "bai", End.LEFT),
    _visit(0, 0, "inkwell-pro-cn", 1, "gift"),
    _visit(0, 0, "inkwell-pro-cn", 2, "gift"),
)


def tell() -> int:
    """Let it happen, once. Gives how many orders there are of it."""
    if Order.objects.filter(book=Book.LIVE).exists():
        return 0
    products = {
        product.slug: product
        for product in Product.objects.filter(
            store__book=Book.LIVE, slug__in={visit.slug for visit in VISITS}
        )
    }
    _watch_for_hurry(products["inkwell-pro-cn"])
    now = clock.now()
    for number, visit in enumerate(VISITS):
        _live(visit, products[visit.slug], number, now - visit.ago)
    return len(VISITS)


def _watch_for_hurry(product: Product) -> None:
    """A shop's own limit: who orders twice in a minute is looked at first."""
    if not Limit.objects.filter(merchant_id=product.merchant_id).exists():
        limits.add(
            Dimension.EMAIL,
            seconds=60,
            most=1,
            outcome=Outcome.REVIEW,
            book=Book.LIVE,
            merchant_id=product.merchant_id,
            actor=SYSTEM,
            reason="Two orders of one buyer within a minute are looked at.",
        )


def _live(visit: Visit, product: Product, number: int, at: datetime) -> None:
    with clock.telling(at):
        placed = checkout.buy(
            Basket(
                product_id=product.id,
                quantity=visit.quantity,
                contact=visit.buyer,
                method="alipay.page",
                form_key=uuid5(NAMESPACE_URL, f"demo/{number}"),
                address=f"203.0.113.{number + 1}",
                language="zh-hans",
                device=Device.DESKTOP,
            )
        )
    payment = Payment.objects.select_related("order", "order__merchant").get(pk=placed.payment_id)
    if visit.end is not End.LEFT:
        pay(payment, min(at + _PAYS_AFTER, clock.now()))
    elif payment.expires_at < clock.now():
        _run_out(payment)
    if visit.end is End.REFUNDED:
        _give_back(payment)


def pay(payment: Payment, at: datetime) -> None:
    """The buyer follows the link and pays; the sandbox's notification comes to our entrance."""
    with clock.telling(at):
        link = urlsplit(payment.action_value).query.encode()
        parameters = calls.read(link, b"")
        app = AlipayApp.objects.get(app_id=parameters["app_id"])
        trade = checkouts.make(calls.believe(app, parameters, at), Door.PAGE)
        wallet.look(trade.token)
        wallet.end(trade.token, Ending.PAY)
        while notifier.send_next(at, post=_hand_over):
            pass


def _hand_over(address: str, form: bytes) -> Reply:
    token = urlsplit(address).path.rstrip("/").rpartition("/")[2]
    reply = notices.take(token, NoticeRequest(form, "application/x-www-form-urlencoded; charset=utf-8", {}))
    return Reply(reply.status, reply.body.decode())


def _run_out(payment: Payment) -> None:
    """Nobody came: of a link that was never opened the channel knows nothing, and the order ends."""
    with clock.telling(payment.expires_at + timedelta(seconds=5)):
        queries.finish(payment, ChargeAnswer(ChargeState.ABSENT, code="ACQ.TRADE_NOT_EXIST"))
        expiry.sweep(1)


def _give_back(payment: Payment) -> None:
    """One of its pieces goes back, today; the worker sends it to the channel."""
    order = payment.order
    with transaction.atomic():
        refunds.set_aside(
            refunds.lock(payment.pk),
            Money(order.total // order.quantity, order.currency),
            kind=RefundKind.VOLUNTARY,
            reason="One key was bought by mistake.",
            actor=SYSTEM,
        )
