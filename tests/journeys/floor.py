"""Where the machine of the sale stands: one twin's shop, what can be seen of it, and what must hold there."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar, TypeVar

from django.db import connection
from django.db.models import F, Sum
from hypothesis import strategies as st
from hypothesis.stateful import initialize

from kernel import clock
from kernel.actors import SYSTEM, Actor
from kernel.books import Book
from kernel.money import Money
from ledger import balances
from merchants.models import Coupon, CouponUse, Merchant, StockItem
from merchants.services import merchants
from merchants.states import Carrier, CouponKind
from outbox import relay
from payments.channels.news import NoticeRequest, Reply
from payments.models import Order, Payment, Refund
from payments.postings import Books
from payments.services import expiry, notices, queries, refunds
from payments.states import OPEN_ATTEMPTS, OPEN_REFUNDS
from tests.factories import payments as make
from tests.factories import settlement as settled
from tests.factories.coupons import CouponFactory, code_of
from tests.journeys.doomed import Doomed
from tests.journeys.history import History
from tests.journeys.teller import Teller
from tests.journeys.wallet import WAITING, Mood, Wallet, yuan

KEYS = 8
# The merchant's, once; the platform's, together with the merchant's share; one of which nobody may have two.
COUPONS: dict[str, dict[str, Any]] = {
    "ONCE": {"amount": 300, "most_uses": 1},
    "OURS": {"amount": 333, "carrier": Carrier.PLATFORM, "stackable": True, "most_uses": 3},
    "TENTH": {
        "kind": CouponKind.PERCENTAGE,
        "amount": None,
        "percent": 10,
        "currency": "",
        "stackable": True,
        "per_buyer": 1,
    },
}
AUDIT_EVERY = 6
SUCCESS = b"success"

Thing = TypeVar("Thing", Order, Payment)

# What a refused word must leave alone, whatever else is written of it. When to ask next may move.
_STANDING = """
    SELECT md5(string_agg(line, '' ORDER BY line)) FROM (
        SELECT to_jsonb(o)::text AS line FROM payments_order o WHERE o.merchant_id = %(merchant)s
        UNION ALL SELECT (to_jsonb(p) - 'next_query_at' - 'queries')::text FROM payments_payment p
            WHERE p.merchant_id = %(merchant)s
        UNION ALL SELECT to_jsonb(i)::text FROM merchants_stockitem i WHERE i.merchant_id = %(merchant)s
        UNION ALL SELECT (to_jsonb(r) - 'next_query_at')::text FROM payments_refund r
            WHERE r.merchant_id = %(merchant)s
        UNION ALL SELECT e.id::text FROM ledger_entry e JOIN ledger_account a ON a.id = e.account_id
            WHERE a.owner_id IN (%(merchant)s, %(account)s)
    ) AS lines
"""


@dataclass(frozen=True)
class World:
    """What all histories of one run share."""

    wallet: Wallet
    doomed: Doomed
    teller: Teller
    operators: Sequence[Actor]


class Floor(History):
    """One twin's shop, with eight keys; its clock is moved by the machine."""

    world: ClassVar[World]

    def __init__(self) -> None:
        super().__init__()
        self.wallet, self.doomed, self.teller = self.world.wallet, self.world.doomed, self.world.teller
        self.steps = 0
        self.has_paid_out = False
        self.taken_out = 0  # in fen, past settlement

    @initialize(bears=st.booleans())
    def open_the_shop(self, bears: bool) -> None:
        self.wallet.mood = self.teller.mood = Mood.WELL
        twin = settled.merchant(Book.SANDBOX)
        settled.bank_account(twin)
        self.shop = make.shop(KEYS, merchant=twin, gateway=self.wallet.url, merchant_bears_channel=bears)
        for code, terms in COUPONS.items():
            code_of(CouponFactory.create(merchant=twin, **terms), code)

    # What the machine sees. No rule has a precondition: a race may end in two ways, and then the rules that
    # are possible next would differ from one run of a history to the other.

    def some(self, kind: Callable[[], Sequence[Thing]], pick: int) -> Sequence[Thing]:
        """One of these; where there is none yet, after a sale; none where nothing is left to be sold."""
        found = kind()
        if not found and self.keys("available"):
            payment = make.payment_of(make.bought(self.shop))
            self.wallet.open(payment)
            if kind not in (self.orders, self.payments, self.awaited, self.waiting):
                self.wallet.pay(payment)
            if kind == self.applied:
                self.tell(payment)
            found = kind()
        return found[pick % len(found) :][:1] if found else ()

    def now(self) -> datetime:
        return clock.now(Merchant.objects.get(pk=self.shop.merchant.pk))

    def books(self) -> Books:
        return Books(self.shop.merchant.pk, self.shop.account.pk, "CNY", self.shop.merchant.book)

    def keys(self, state: str) -> int:
        return StockItem.objects.filter(product=self.shop.product, state=state).count()

    def uses(self) -> int:
        """Uses of coupons that count now, by the rows."""
        live = CouponUse.objects.filter(merchant=self.shop.merchant, state__in=["reserved", "redeemed"])
        return live.count()

    def is_used_up(self, codes: Sequence[str]) -> bool:
        found = Coupon.objects.filter(merchant=self.shop.merchant, codes__code__in=codes)
        return found.filter(used__gte=F("most_uses")).exists()

    def orders(self) -> list[Order]:
        found = Order.objects.filter(merchant=self.shop.merchant).select_related("merchant")
        return list(found.order_by("pk"))

    def payments(self) -> list[Payment]:
        found = Payment.objects.filter(merchant=self.shop.merchant).select_related("order", "order__merchant")
        return list(found.order_by("pk"))

    def open_payments(self) -> list[Payment]:
        return [payment for payment in self.payments() if payment.state in OPEN_ATTEMPTS]

    def paid_trades(self) -> list[Payment]:
        """The payments whose buyers have paid, known to us or not."""
        return [payment for payment in self.payments() if self.wallet.is_paid(payment)]

    def untold(self) -> list[Payment]:
        return [payment for payment in self.paid_trades() if payment.state != "succeeded"]

    def applied(self) -> list[Payment]:
        return [payment for payment in self.payments() if payment.use == "applied"]

    def awaited(self) -> list[Order]:
        now = self.now()
        return [
            order for order in self.orders() if order.payment_state == "pending" and order.expires_at > now
        ]

    def waiting(self) -> list[Payment]:
        """Open payments of open orders, at whose cashier a buyer stands."""
        trades = self.wallet.trades
        return [
            payment
            for payment in self.open_payments()
            if payment.order.payment_state == "pending"
            and payment.reference in trades
            and trades[payment.reference].status == WAITING
        ]

    def standing(self) -> str:
        values = {"merchant": self.shop.merchant.pk, "account": self.shop.account.pk}
        with connection.cursor() as cursor:
            cursor.execute(_STANDING, values)
            return str(cursor.fetchone()[0])

    def lowest_ahead(self) -> int:
        """The least that the merchant will have at any time from now on."""
        key, now = self.books().merchant, self.now()
        lowest = running = balances.of(key, at=now).available.amount
        for _, change in balances.pending(key, at=now, limit=10_000):
            running += change.amount
            lowest = min(lowest, running)
        return lowest

    # What the machine does

    def word_of(self, payment: Payment) -> NoticeRequest:
        """Alipay's genuine word that this was paid."""
        trade = self.wallet.trades[payment.reference]
        return make.notice(payment, trade_no=trade.number, total_amount=yuan(trade.amount))

    def tell(self, payment: Payment) -> None:
        assert notices.take(payment.notify_token, self.word_of(payment)) == Reply(200, SUCCESS)
        assert Payment.objects.get(pk=payment.pk).state == "succeeded"

    def give_back(self, payment: Payment, amount: Money) -> Refund:
        return refunds.book(payment=payment, amount=amount, reason="asked", actor=SYSTEM)

    def ask_all(self) -> None:
        for payment in self.open_payments():
            queries.ask(payment.pk)

    def send_refunds(self) -> None:
        found = Refund.objects.filter(merchant_id=self.shop.merchant.pk, state__in=OPEN_REFUNDS)
        for refund_id in found.order_by("pk").values_list("pk", flat=True):
            refunds.ask_by_id(refund_id)

    def advance(self, hours: int) -> None:
        merchants.advance_clock(self.shop.merchant, timedelta(hours=hours), actor=SYSTEM)

    # What must hold

    def look(self) -> None:
        """After every step; the auditor after every few."""
        self.wallet.mood = self.teller.mood = Mood.WELL
        self.steps += 1
        if self.steps % AUDIT_EVERY == 0:
            # Questions and the sweep run every minute: neither a clock that jumps by hours nor a slow
            # machine must pass them by.
            for payment_id in queries.claim_due(100):
                queries.ask(payment_id)
            expiry.sweep(100)
            self.audit()

    def bring_to_rest(self) -> None:
        """Alipay repeats what it has to say, workers work, and time passes, until nothing is open."""
        self.wallet.mood = self.teller.mood = Mood.WELL
        for payment in self.untold():
            self.tell(payment)
        self.advance(3)
        for _ in range(3):
            self.ask_all()
            expiry.sweep(100)
            self.send_refunds()
        relay.number(1000)
        assert not self.open_payments()
        assert not {order.payment_state for order in self.orders()} & {"pending", "processing"}
        refunded = Refund.objects.filter(merchant_id=self.shop.merchant.pk)
        assert not set(refunded.values_list("state", flat=True)) & set(OPEN_REFUNDS)

    def compare(self) -> None:
        """Whoever moved money outside says the same as the ledger; keys and codes are where they belong."""
        self.compare_with_the_wallet()
        self.count_the_keys()
        self.count_the_codes()

    def compare_with_the_wallet(self) -> None:
        kept = fees = 0
        for payment in self.payments():
            assert (payment.state == "succeeded") is self.wallet.is_paid(payment), payment.reference
            if payment.reference in self.wallet.trades:
                kept += self.wallet.trades[payment.reference].kept
            fees += payment.channel_fee
        given_back = Refund.objects.filter(merchant_id=self.shop.merchant.pk, state="succeeded")
        fees -= given_back.aggregate(total=Sum("channel_fee"))["total"] or 0
        receivable = balances.of(self.books().receivable, at=self.now() + timedelta(days=400))
        assert receivable.available.amount == kept - fees

    def count_the_keys(self) -> None:
        delivered = sum(order.quantity for order in self.orders() if order.fulfilment == "delivered")
        assert self.keys("delivered") == delivered
        assert self.keys("reserved") == 0
        assert self.keys("available") == KEYS - delivered

    def count_the_codes(self) -> None:
        """Of the orders that went through with codes, each has used its own; of all others nobody has."""
        gone_through = {"paid", "partially_refunded"}
        kept = [order for order in self.orders() if order.discount and order.payment_state in gone_through]
        uses = CouponUse.objects.filter(state__in=["reserved", "redeemed"], merchant=self.shop.merchant)
        assert set(uses.values_list("order_id", flat=True)) <= {order.pk for order in kept}
        bounced = Refund.objects.filter(order__in=kept, state="failed").values_list("order_id", flat=True)
        promised = sum(order.discount for order in kept if order.pk not in set(bounced))
        assert sum(use.discount for use in uses if use.order_id not in set(bounced)) == promised
