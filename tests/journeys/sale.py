"""The sale as a state machine over the real services: buyers, a wallet, workers, an intruder, sudden death.

What the machine knows by itself is the wallet: which trades were opened, paid and refunded. At the end of
every history all is told and asked until nothing is open; then the two sides must agree to the fen, and every
key be where it belongs. In between, the auditor asks every app for its invariants.
"""

import base64
from datetime import timedelta
from uuid import uuid4

from hypothesis import strategies as st
from hypothesis.stateful import rule

from kernel import clock, ids
from kernel.money import Money
from ledger import accounts as ledger_accounts
from ledger import balances, chain, closes
from ledger.errors import BalanceTooLow
from merchants.errors import OutOfStock
from merchants.models import StockItem
from outbox import relay
from payments.channels.news import Reply
from payments.errors import MethodUnavailable, NotPayable, RefundTooLarge
from payments.limits import MAX_ATTEMPTS
from payments.models import Order, Refund
from payments.services import attempts, expiry, notices, queries
from tests.factories import payments as make
from tests.factories.ledger import paid_out
from tests.journeys.floor import SUCCESS
from tests.journeys.forgeries import FORGERIES
from tests.journeys.intruder import INTRUSIONS, intrude
from tests.journeys.redeeming import Redeeming
from tests.journeys.settling import moods, picks
from tests.journeys.wallet import Mood
from tests.ledger.threads import together
from tests.payments.channels import alipay_world as alipay

FAIL = b"fail"

methods = st.sampled_from(["alipay.page", "alipay.qr"])


class Sale(Redeeming):
    """What may happen, in any order; also by codes, and what is settled of it."""

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

    @rule(pick=picks, percent=st.sampled_from([1, 50, 99, 101, 300]), mood=moods)
    def pay_another_amount(self, pick: int, percent: int, mood: Mood) -> None:
        """The channel takes it. Its message is evidence; its answer to our question is a fact."""
        for payment in self.some(self.waiting, pick):
            amount = max(1, payment.amount * percent // 100)
            assert self.wallet.pay(payment, amount=amount)
            before = self.standing()
            taken = notices.take(payment.notify_token, self.word_of(payment)).body
            assert taken == FAIL, "A notice of another amount was accepted."
            assert self.standing() == before
            self.wallet.mood = mood
            queries.ask(payment.pk)
            self.wallet.mood = Mood.WELL
            known = queries.ask(payment.pk)
            assert (known.state, known.use, known.received) == ("succeeded", "surplus", amount)
            assert not StockItem.objects.filter(order_id=payment.order_id, state="delivered").exists()
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
        percent=st.one_of(st.integers(1, 100), st.just(100)),
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
            self.taken_out += amount
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
        self.taken_out += amount * ended.count(None)
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
