"""The sale as a state machine over the real services: buyers, a wallet, workers, an intruder, sudden death.

What the machine knows by itself is the wallet: which trades were opened, paid and refunded. At the end of
every history all is told and asked until nothing is open; then the two sides must agree to the fen, and every
key be where it belongs. In between, the auditor asks every app for its invariants.
"""

import base64
import sys
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar, TypeVar
from uuid import uuid4

from django.db import connection
from django.db.models import Sum
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from kernel import clock, ids
from kernel.actors import SYSTEM
from kernel.money import Money
from ledger import accounts as ledger_accounts
from ledger import auditor, balances, chain, closes
from ledger.errors import BalanceTooLow
from merchants.errors import OutOfStock
from merchants.models import Merchant, StockItem
from merchants.services import merchants
from outbox import relay
from payments.channels.base import NoticeRequest, Reply
from payments.errors import MethodUnavailable, NotPayable, RefundTooLarge
from payments.limits import MAX_ATTEMPTS
from payments.models import Order, Payment, Refund
from payments.postings import Books
from payments.services import attempts, expiry, notices, queries, refunds
from payments.states import OPEN_ATTEMPTS, OPEN_REFUNDS
from tests.factories import payments as make
from tests.factories.ledger import paid_out
from tests.journeys.doomed import Doomed
from tests.journeys.intruder import INTRUSIONS, intrude
from tests.journeys.wallet import WAITING, Mood, Wallet
from tests.ledger.threads import together
from tests.payments.channels import alipay_world as alipay

KEYS = 8
AUDIT_EVERY = 6
SUCCESS, FAIL = b"success", b"fail"

# Not the one that looks for the triggers by name: what is missing is to be noticed by what it lets happen.
RULES = [each for each in auditor.invariants() if each.code != "ledger.guards_stand"]

Thing = TypeVar("Thing", Order, Payment)

picks = st.integers(0, 99)
moods = st.sampled_from([Mood.WELL, Mood.WELL, Mood.MUTE, Mood.DEAF])
methods = st.sampled_from(["alipay.page", "alipay.qr"])


def _signed(payment: Payment, **changes: str) -> dict[str, str]:
    """A notification of its own, signed by Alipay whatever it says."""
    return alipay.signed(make.fields(payment, notify_id=uuid4().hex, **changes))


FORGERIES: dict[str, Callable[[Payment], dict[str, str]]] = {
    "signed by a thief": lambda payment: alipay.signed(make.fields(payment), owner="thief"),
    "not signed": make.fields,
    "tampered with": lambda payment: _signed(payment) | {"buyer_id": "2088"},
    "downgraded": lambda payment: _signed(payment) | {"sign_type": "RSA"},
    "of another amount": lambda payment: _signed(payment, total_amount="0.01"),
    "for another seller": lambda payment: _signed(payment, seller_id="2088000000000000"),
    "for another app": lambda payment: _signed(payment, app_id="2021000000000000"),
    "of another payment": lambda payment: _signed(payment, out_trade_no=ids.encode("pay", ids.new())),
    "that somebody waits": lambda payment: _signed(payment, trade_status="WAIT_BUYER_PAY"),
}

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


class Sale(RuleBasedStateMachine):
    """One twin's shop, with eight keys; its clock is moved by the machine."""

    world: ClassVar[World]

    def __init__(self) -> None:
        super().__init__()
        self.wallet, self.doomed = self.world.wallet, self.world.doomed
        self.steps = 0
        self.has_paid_out = False

    @initialize(bears=st.booleans())
    def open_the_shop(self, bears: bool) -> None:
        self.wallet.mood = Mood.WELL
        self.shop = make.sandbox_shop(KEYS, gateway=self.wallet.url, merchant_bears_channel=bears)

    # Buyers

    @rule(quantity=st.integers(1, 3), method=methods, mood=moods)
    def buy(self, quantity: int, method: str, mood: Mood) -> None:
        free, self.wallet.mood = self.keys("available"), mood
        try:
            order = make.bought(self.shop, quantity=quantity, method=method)
        except OutOfStock:
            assert quantity > free
        else:
            assert quantity == order.quantity <= free
        self.look()

    @rule(pick=picks)
    def go_to_the_cashier(self, pick: int) -> None:
        for payment in self.some(self.payments, pick):
            self.wallet.open(payment)
        self.look()

    @rule(pick=picks, told=st.booleans())
    def pay(self, pick: int, told: bool) -> None:
        for payment in self.some(self.payments, pick):
            if self.wallet.pay(payment) and told:
                self.tell(payment)
        self.look()

    @rule(pick=picks, method=methods, mood=moods)
    def pay_otherwise(self, pick: int, method: str, mood: Mood) -> None:
        for order in self.some(self.orders, pick):
            self.wallet.mood = mood
            try:
                attempts.open(order, method)
            except NotPayable:
                assert order.payment_state != "pending" or order.expires_at <= clock.now(order.merchant)
            except MethodUnavailable:
                assert order.payments.count() >= MAX_ATTEMPTS
        self.look()

    # The channel's word

    @rule(pick=picks)
    def notify(self, pick: int) -> None:
        """The first time, again, or long after: the reply is the same."""
        for payment in self.some(self.paid_trades, pick):
            self.tell(payment)
        self.look()

    @rule(pick=picks)
    def forge(self, pick: int) -> None:
        for payment in self.some(self.payments, pick):
            before = self.standing()
            for how, forged in FORGERIES.items():
                reply = notices.take(payment.notify_token, alipay.notice(forged(payment)))
                if payment.state != "succeeded" and how != "that somebody waits":
                    assert reply.body == FAIL, f"A notice {how} was accepted."
                assert self.standing() == before, f"A notice {how} changed something."
        self.look()

    # Workers

    @rule(mood=moods)
    def ask_the_channel(self, mood: Mood) -> None:
        self.wallet.mood = mood
        self.ask_all()
        self.look()

    @rule(hours=st.integers(1, 30), asked=st.booleans())
    def time_passes(self, hours: int, asked: bool) -> None:
        self.advance(hours)
        if asked:
            self.ask_all()
        expiry.sweep(100)
        self.look()

    @rule()
    def work_on_refunds(self) -> None:
        self.send_refunds()
        self.look()

    @rule(back=st.integers(-4, 30))
    def close_the_books(self, back: int) -> None:
        key = self.books().merchant
        number = ledger_accounts.existing([key]).get(key)
        if number is not None:
            closes.close([number], self.now() - timedelta(hours=back))
        self.look()

    @rule()
    def number_and_link(self) -> None:
        relay.number(500)
        chain.extend()
        self.look()

    # Money that leaves

    @rule(
        pick=picks,
        percent=st.integers(1, 100),
        mood=st.sampled_from([Mood.MUTE, Mood.WELL, Mood.DEAF, Mood.UNWILLING]),
    )
    def refund(self, pick: int, percent: int, mood: Mood) -> None:
        for payment in self.some(self.applied, pick):
            amount = Money(max(1, payment.amount * percent // 100), "CNY")
            self.wallet.mood = mood
            try:
                self.give_back(payment, amount)
            except RefundTooLarge:
                assert amount > payment.refundable
            except BalanceTooLow:
                assert self.has_paid_out
        self.look()

    @rule(amount=st.integers(1, 3000))
    def pay_the_merchant_out(self, amount: int) -> None:
        key = self.books().merchant
        available = balances.of(key, at=self.now()).available
        try:
            make.post(paid_out(key, amount, occurred_at=self.now()))
        except BalanceTooLow:
            assert amount > available.amount or self.lowest_ahead() < amount
        else:
            self.has_paid_out = True
        self.look()

    # Everything at once

    @rule(pick=picks, tellers=st.integers(2, 4))
    def tell_ask_and_end_at_once(self, pick: int, tellers: int) -> None:
        for payment in self.some(self.paid_trades, pick):
            request = self.word_of(payment)
            tell = [lambda: notices.take(payment.notify_token, request)] * tellers  # noqa: B023 (run at once)
            ask = [lambda: queries.ask(payment.pk), lambda: expiry.sweep(100)]  # noqa: B023 (run at once)
            ended = together([*tell, *ask])
            assert ended[:tellers] == [Reply(200, SUCCESS)] * tellers, ended
            assert not [each for each in ended if isinstance(each, Exception)], ended
        self.look()

    @rule(buyers=st.integers(2, 4), quantity=st.integers(1, 3))
    def buyers_race(self, buyers: int, quantity: int) -> None:
        free = self.keys("available")
        ended = together([lambda: make.bought(self.shop, quantity=quantity)] * buyers)
        placed = [each for each in ended if isinstance(each, Order)]
        assert all(isinstance(each, Order | OutOfStock) for each in ended), ended
        assert self.keys("available") == free - len(placed) * quantity
        self.look()

    @rule(pick=picks)
    def payouts_race(self, pick: int) -> None:
        self.some(self.applied, pick)
        self.advance(120)  # whatever was pending can be paid out
        key, now = self.books().merchant, self.now()
        amount = max(0, self.lowest_ahead()) // 2 + 1
        ended = together([lambda: make.post(paid_out(key, amount, occurred_at=now))] * 3)
        assert all(each is None or isinstance(each, BalanceTooLow) for each in ended), ended
        assert ended.count(None) <= 1, "More was paid out than there was."
        self.has_paid_out = self.has_paid_out or None in ended
        expiry.sweep(100)
        self.look()

    @rule(pick=picks, percent=st.integers(40, 100))
    def refunds_race(self, pick: int, percent: int) -> None:
        for payment in self.some(self.applied, pick):
            amount = Money(max(1, payment.amount * percent // 100), "CNY")
            ended = together([lambda: self.give_back(payment, amount)] * 3)  # noqa: B023 (run at once)
            assert all(isinstance(each, Refund | RefundTooLarge | BalanceTooLow) for each in ended), ended
        self.look()

    # Sudden death

    @rule(point=st.sampled_from(["place.after_reserve", "place.before_commit"]))
    def die_while_placing(self, point: str) -> None:
        before = self.standing()
        if self.keys("available"):
            product, form = str(self.shop.product.pk), str(uuid4())
            self.doomed.die(point, "place", product=product, form=form, quantity=1)
        assert self.standing() == before
        self.look()

    @rule(pick=picks, point=st.sampled_from(["attempt.after_intent", "attempt.after_channel"]))
    def die_while_opening(self, pick: int, point: str) -> None:
        for order in self.some(self.awaited, pick):
            if order.payments.count() < MAX_ATTEMPTS:
                self.doomed.die(point, "open", order=str(order.pk), method="alipay.qr")
        self.look()

    @rule(
        pick=picks,
        point=st.sampled_from(["notice.after_verify", "notice.before_commit", "notice.after_commit"]),
    )
    def die_while_told(self, pick: int, point: str) -> None:
        for payment in self.some(self.untold, pick):
            before, request = self.standing(), self.word_of(payment)
            body = base64.b64encode(request.body).decode()
            token, kind = payment.notify_token, request.content_type
            self.doomed.die(point, "notice", token=token, body=body, content_type=kind)
            assert (self.standing() == before) is (point != "notice.after_commit")
        self.look()

    @rule(pick=picks)
    def die_while_expiring(self, pick: int) -> None:
        for payment in self.some(self.waiting, pick):
            self.advance(3)
            self.doomed.die("expire.after_close", "ask", payment=str(payment.pk))
            assert Order.objects.get(pk=payment.order_id).payment_state == "pending"
        self.look()

    @rule(pick=picks, mood=moods)
    def die_while_refunding(self, pick: int, mood: Mood) -> None:
        for payment in self.some(self.applied, pick):
            if payment.refundable and not self.has_paid_out:
                self.wallet.mood = mood
                self.doomed.die("refund.after_channel", "refund", payment=str(payment.pk), amount=1)
        self.look()

    # An intruder

    @rule()
    def intrude(self) -> None:
        before = self.standing()
        for what in INTRUSIONS:
            written = intrude(what, self.shop.merchant.pk, self.shop.account.pk, ids.new())
            assert not written, f"Somebody could {what}."
        assert self.standing() == before
        self.look()

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
        return make.notice(payment, trade_no=self.wallet.trades[payment.reference].number)

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
        self.wallet.mood = Mood.WELL
        self.steps += 1
        if self.steps % AUDIT_EVERY == 0:
            # The sweep runs every minute; a clock that jumps by hours must not pass it by.
            expiry.sweep(100)
            self.audit()

    def audit(self) -> None:
        broken = [finding for finding in auditor.audit(RULES) if not finding.holds]
        assert not broken, [(finding.invariant.code, finding.columns, finding.rows) for finding in broken]

    def teardown(self) -> None:
        ended_by = sys.exc_info()[1]
        if isinstance(ended_by, Exception):
            # It may not happen a second time, and then this would be all there is to read.
            traceback.print_exc()
        if ended_by is None and hasattr(self, "shop"):
            self.bring_to_rest()
            self.audit()
            self.compare_with_the_wallet()
            self.count_the_keys()

    def bring_to_rest(self) -> None:
        """Alipay repeats what it has to say, workers work, and time passes, until nothing is open."""
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
