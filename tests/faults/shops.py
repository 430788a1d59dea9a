"""A shop that sells for Alipay's money, and the proof that nothing is lost and nothing is there twice."""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from io import StringIO

from django.core.management import call_command
from django.db.models import Count, Sum

from kernel import clock
from kernel.actors import SYSTEM
from kernel.books import Book
from ledger.models import Transaction
from merchants.models import Merchant, Product, StockItem
from merchants.states import StockState
from outbox.models import Event
from payments.models import Order, Payment, Refund
from payments.sandbox.alipay import apps
from payments.sandbox.models import Trade
from payments.services import accounts
from tests.factories import merchants as make_merchants
from tests.factories import payments as make
from tests.faults.house import House
from tests.payments.sandbox.shop import SELLER, key_pair
from tests.processes import until

KEYS = 3


@dataclass
class Shop:
    """A product with three keys."""

    merchant: Merchant
    product: Product

    @property
    def path(self) -> str:
        """Where it is sold."""
        return f"/s/{self.product.store.slug}/p/{self.product.slug}/"

    def keys(self) -> dict[str, int]:
        """How many keys are in which state."""
        counted = StockItem.objects.filter(product=self.product).values_list("state").annotate(n=Count("id"))
        return dict(counted)

    def order(self) -> Order:
        """The one order."""
        return Order.objects.get(product=self.product)

    def payments(self) -> list[Payment]:
        """The payments of the one order, in their order."""
        return list(Payment.objects.filter(order__product=self.product).order_by("ordinal"))

    def let_time_pass(self) -> None:
        """What is due some time later is due now."""
        now = clock.now()
        Payment.objects.filter(order__product=self.product, next_query_at__isnull=False).update(
            next_query_at=now
        )
        Refund.objects.filter(merchant_id=self.merchant.pk, next_query_at__isnull=False).update(
            next_query_at=now
        )

    def wait_until_delivered(self) -> None:
        """The notification is on its way; the buyer waits."""
        until(
            lambda: self.order().fulfilment == "delivered",
            lambda: (self.order().payment_state, self.payments()),
        )


def open_shop(house: House, *, twin: bool = False, owner: Merchant | None = None, keys: int = KEYS) -> Shop:
    """A merchant whose Alipay is the house's sandbox; a new one, unless an `owner` is given."""
    owner = owner or make_merchants.MerchantFactory.create()
    if twin:
        owner = make_merchants.MerchantFactory.create(book=Book.SANDBOX, twin_of=owner)
    app_id = f"2021{owner.pk.int % 10**12:012d}"
    private, public = key_pair("shop")
    accounts.register(
        owner,
        "alipay",
        label="Alipay",
        gateway=f"{house.sandbox_url}/gateway.do",
        settings={"app_id": app_id, "seller_id": SELLER},
        secrets={"private_key": private, "channel_public_key": apps.register(app_id, public, SELLER)},
        rate=Decimal("0.006"),
        actor=SYSTEM,
    )
    return Shop(owner, make.shop(keys, merchant=owner).product)


def prove_sold_once(shop: Shop) -> None:
    """One order, paid once, delivered once, posted once, told once, and Alipay's books say the same."""
    order = shop.order()
    assert (order.payment_state, order.fulfilment) == ("paid", "delivered")
    assert shop.keys() == {StockState.DELIVERED: 1, StockState.AVAILABLE: KEYS - 1}
    assert StockItem.objects.filter(order_id=order.pk, state=StockState.DELIVERED).count() == 1
    assert [payment.use for payment in shop.payments() if payment.state == "succeeded"] == ["applied"]
    told = Event.objects.filter(subject_id=order.pk).values_list("topic", flat=True)
    assert sorted(topic for topic in told if topic in ("order.paid", "order.delivered")) == [
        "order.delivered",
        "order.paid",
    ]
    prove_books(shop)


def prove_books(shop: Shop) -> None:
    """What Alipay took and gave back is what the ledger knows, to the fen; and the auditor finds nothing."""
    payments = Payment.objects.filter(merchant_id=shop.merchant.pk)
    references = [payment.reference for payment in payments]
    trades = Trade.objects.filter(out_trade_no__in=references)
    taken = trades.filter(paid_at__isnull=False)
    sums = taken.aggregate(charged=Sum("charged_fen"), refunded=Sum("refunded_fen"))
    known = payments.filter(state="succeeded").aggregate(gross=Sum("amount"), refunded=Sum("refunded"))
    assert (sums["charged"], sums["refunded"]) == (known["gross"], known["refunded"])
    posted = Transaction.objects.filter(subject_id__in=[payment.pk for payment in payments])
    captures = posted.filter(kind__in=["payment.captured", "payment.surplus"])
    assert captures.count() == taken.count()
    said = StringIO()
    try:
        call_command("audit_ledger", stdout=said)
    except SystemExit:
        raise AssertionError(said.getvalue()) from None


def let_clock_run(merchant: Merchant, ahead: timedelta) -> None:
    """A twin's clock moves forward."""
    Merchant.objects.filter(pk=merchant.pk).update(clock_ahead=ahead)
