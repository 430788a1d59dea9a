"""The month itself: one event after the other, each in its own moment."""

import heapq
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count

from django.db import transaction

from audit import chain as audit_chain
from kernel import clock
from kernel.actors import SYSTEM
from kernel.money import Money
from ledger import chain as ledger_chain
from ledger.errors import BalanceTooLow
from outbox import relay
from payments.channels.base import ChargeAnswer, ChargeState
from payments.models import Order, Payment
from payments.sandbox.models import Trade
from payments.services import checkout, expiry, queries, refunds
from payments.services.baskets import Basket
from payments.states import Device, RefundKind
from settlement.models import Payout
from settlement.proof import Proof
from settlement.services import cycles, payouts, transfers
from settlement.states import AWAITING

from . import channel, plan
from .diary import Diary, Sale
from .plan import Visit, Word
from .world import World, form_key

_AFTERWARDS = 12  # days in which the last money becomes available, is paid out and comes back
_MORNING, _NOON, _NIGHT = timedelta(minutes=30), timedelta(hours=10), timedelta(hours=23)
_MOST = 10_000
Deed = Callable[[], None]


@dataclass(slots=True)
class Month:
    """A month that is under way: what lies ahead, in order, and what happened."""

    world: World
    begins: datetime
    seed: int
    diary: Diary = field(default_factory=Diary)
    _ahead: list[tuple[datetime, int, Deed]] = field(default_factory=list)
    _places: Iterator[int] = field(default_factory=count)

    def play(self, sales: int) -> Iterator[tuple[int, Diary]]:
        """Let it happen; gives the number of each day when it is over."""
        for number, visit in enumerate(plan.visits(self.seed, sales)):
            self._at(self.begins + visit.after, lambda v=visit, n=number: self._come(v, n))  # type: ignore[misc]
        for day in range(plan.DAYS + _AFTERWARDS):
            midnight = self.begins + timedelta(days=day)
            self._at(midnight + _MORNING, self._settle)
            self._at(midnight + _NOON, self._approve)
            self._at(midnight + _NIGHT, self._work)
        yield from self._run()

    def _run(self) -> Iterator[tuple[int, Diary]]:
        day = 0
        while self._ahead:
            moment, _place, deed = heapq.heappop(self._ahead)
            today = (moment - self.begins).days
            if today > day:
                yield day, self.diary
                day = today
            with clock.telling(moment):
                deed()
        yield day, self.diary

    def _at(self, moment: datetime, deed: Deed) -> None:
        heapq.heappush(self._ahead, (moment, next(self._places), deed))

    def _come(self, visit: Visit, number: int) -> None:
        shop = self.world.shops[visit.shop]
        placed = checkout.buy(
            Basket(
                product_id=shop.product.id,
                quantity=visit.quantity,
                contact=f"buyer-{number}@buyers.example",
                method="alipay.page",
                form_key=form_key(self.seed, number),
                address=f"203.0.{number // 250 % 250}.{number % 250 + 1}",
                language="zh-hans",
                device=Device.DESKTOP,
            )
        )
        payment = Payment.objects.select_related("order__merchant").get(pk=placed.payment_id)
        if visit.word is Word.NONE:
            self.diary.left += 1
            self._at(payment.expires_at + timedelta(seconds=5), lambda: self._run_out(payment))
        else:
            self._at(clock.now() + channel.PAYS_AFTER, lambda: self._pay(visit, payment))

    def _pay(self, visit: Visit, payment: Payment) -> None:
        trade, paid_at = channel.pay(payment), clock.now()
        if visit.word is Word.PROMPT:
            self._hear(visit, payment, trade, paid_at)
        elif visit.word is Word.LOST:
            self.diary.lost += 1
            self._at(paid_at + timedelta(seconds=45), lambda: self._ask(visit, payment, trade, paid_at))
        else:
            self.diary.late += 1
            # Nobody can be asked in between: the order ends, and the money comes late.
            self._at(payment.expires_at + timedelta(seconds=5), lambda: self._run_out(payment))
            self._at(paid_at + visit.delay, lambda: self._hear(visit, payment, trade, paid_at))

    def _hear(self, visit: Visit, payment: Payment, trade: Trade, paid_at: datetime) -> None:
        channel.tell(trade)
        channel.tell(trade)  # Alipay says it again; nothing may come of it
        self._note(visit, payment, paid_at)

    def _ask(self, visit: Visit, payment: Payment, trade: Trade, paid_at: datetime) -> None:
        queries.finish(payment, channel.answer(trade))
        self._note(visit, payment, paid_at)

    def _note(self, visit: Visit, payment: Payment, paid_at: datetime) -> None:
        sale = Sale(payment.merchant_id, payment.order_id, paid_at, clock.now(), payment.amount)
        self.diary.sales.append(sale)
        if visit.back:
            self._at(clock.now() + visit.back_after, lambda: self._give_back(sale, payment, visit.back))

    def _run_out(self, payment: Payment) -> None:
        """The channel, asked at its end, has not heard of a payer."""
        queries.finish(payment, ChargeAnswer(ChargeState.CLOSED))
        expiry.sweep(_MOST)

    def _give_back(self, sale: Sale, payment: Payment, share: int) -> None:
        amount = max(1, sale.gross * share // 100)
        try:
            with transaction.atomic():
                refund = refunds.set_aside(
                    refunds.lock(payment.pk),
                    Money(amount, payment.currency),
                    kind=RefundKind.VOLUNTARY,
                    reason="Bought by mistake.",
                    actor=SYSTEM,
                )
        except BalanceTooLow:
            return  # it was paid out, and nothing else has come in since
        refunds.conclude(refund.pk, channel.give_back(refund, payment))
        sale.refunds.append((clock.now(), amount))

    def _settle(self) -> None:
        cycles.sweep(_MOST)

    def _approve(self) -> None:
        """Two operators, each with a code; then the bank."""
        merchants = [shop.merchant.id for shop in self.world.shops]
        for payout in Payout.objects.filter(merchant__in=merchants, state__in=AWAITING).order_by("id"):
            for operator in self.world.operators:
                payouts.approve(payout, operator, Proof(clock.now()), "Equals the statement.")
        transfers.sweep(_MOST)

    def _work(self) -> None:
        transfers.sweep(_MOST)
        while relay.number(_MOST):
            pass
        while ledger_chain.extend(_MOST):
            pass
        while audit_chain.extend(_MOST):
            pass
        for payout in Payout.objects.filter(merchant__in=[shop.merchant.id for shop in self.world.shops]):
            self.diary.payouts[payout.request_no] = payout.state


def is_played(seed: int) -> bool:
    """Whether this seed's month is in the books already."""
    return Order.objects.filter(form_key=form_key(seed, 0)).exists()
