"""Confirmations: money that came. Paid, delivered, posted and told, in one transaction, for one or for many.

Order of locks: orders and their payments (ascending), keys, coupons, ledger accounts, then inserts only.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import orjson
from django.db import DatabaseError, transaction

import audit
import outbox
from kernel import clock, ids
from kernel.errors import Problem
from kernel.money import Money
from ledger import posting
from merchants.errors import OutOfStock
from merchants.services import stock

from .. import events, limits, sql
from ..states import Fulfilment, NoticeState, Use
from . import alerts, codes, ends, moves, surplus
from .alerts import Matter
from .receipts import Sale, sale_of
from .verdicts import Standing, Told, Verdict, judge

# The newest version of each locked row is what is read: locks and read are of the same rows. Why the list is
# JSON and compared with a word stands in `moves`.
_LOCK = sql.Statement("""
SELECT o.id, p.id, o.merchant_id, o.book, p.account_id, p.method, coalesce(p.received, p.amount), p.currency,
    p.state, p.channel_txn, o.payment_state, o.product_id, o.quantity, o.placed_at, o.review, m.clock_ahead,
    a.rate, o.discount, CASE WHEN o.discount > 0 THEN (
        SELECT coalesce(sum(u.discount), 0)::bigint FROM merchants_couponuse u
        WHERE u.order_id = o.id AND u.carrier = 'platform') ELSE 0 END, o.subscription_id
FROM json_to_recordset(%(payments)s::json) AS told (id uuid, kind text)
JOIN payments_payment p ON p.id = told.id
JOIN payments_order o ON o.id = p.order_id
JOIN merchants_merchant m ON m.id = o.merchant_id
JOIN payments_channelaccount a ON a.id = p.account_id
WHERE told.kind = 'payment'
ORDER BY o.id, p.id
FOR NO KEY UPDATE OF o, p
""")
_WAITING = sql.Statement("""
SELECT n.id, n.payment_id, n.channel_txn, n.amount, n.currency, n.occurred_at
FROM payments_notice n WHERE n.id = ANY(%(notices)s) AND n.state = 'received'
ORDER BY n.payment_id, n.received_at FOR NO KEY UPDATE SKIP LOCKED
""")
# A message of another amount is no fact: the channel is asked at once, about ended attempts too.
_ASK_NOW = sql.Statement(
    "UPDATE payments_payment SET next_query_at = %(now)s WHERE id = %(payment)s AND state <> 'succeeded'"
)
_MARK = sql.Statement("""
UPDATE payments_notice n SET state = v.state, reason = v.reason
FROM unnest(%(notices)s::uuid[], %(states)s::text[], %(reasons)s::text[]) AS v (id, state, reason)
WHERE n.id = v.id
""")


@dataclass(slots=True)
class Confirmation:
    """What one transaction confirms, and what it refuses."""

    now: datetime
    sales: list[Sale] = field(default_factory=list)
    verdicts: dict[UUID, Verdict] = field(default_factory=dict)
    refusals: list[tuple[Standing, Told, Verdict]] = field(default_factory=list)

    def deliver(self) -> None:
        """Hand over what was paid for. What is not there for anybody any more makes its money surplus."""
        paying = [sale for sale in self.sales if sale.use is Use.APPLIED]
        moves.deliver(paying, self.now)
        away = [sale for sale in paying if sale.use is Use.SURPLUS]
        self.verdicts |= {sale.told.notice_id: Verdict.SURPLUS for sale in away}


def confirm(notice_ids: Sequence[UUID]) -> int:
    """Confirm stored notices, set-based, in one transaction. Gives how many are decided now.

    Where one spoils the batch, the halves are confirmed apart. Raises what one raises that fails alone.
    """
    try:
        with transaction.atomic():
            waiting = _WAITING.rows({"notices": list(notice_ids)})
            told = [
                Told(notice_id, payment_id, txn, Money(amount, currency), occurred_at)
                for notice_id, payment_id, txn, amount, currency, occurred_at in waiting
            ]
            mark(confirm_told(told))
            ends.wait_again([word.payment_id for word in told])
    except (DatabaseError, Problem):
        if len(notice_ids) < 2:
            raise
        middle = len(notice_ids) // 2
        return confirm(notice_ids[:middle]) + confirm(notice_ids[middle:])
    return len(told)


def confirm_told(told: Sequence[Told]) -> dict[UUID, Verdict]:
    """Confirm what channels have said, in the caller's transaction. Gives the verdict for each notice.

    Raises IntegrityError where a channel's transaction has paid another payment already.
    """
    confirmation = Confirmation(clock.now())
    if told:
        _judge(confirmation, told, _lock([word.payment_id for word in told]))
    sales = confirmation.sales
    if sales:
        confirmation.deliver()
        moves.move(sales, confirmation.now)
        codes.redeem(sales, confirmation.now)
        ends.end_waiting([sale.standing.order_id for sale in sales if sale.other_amount])
        posting.post_many([sale.posting for sale in sales])
        _tell(sales)
    for standing, word, verdict in confirmation.refusals:
        refuse(standing, word, verdict)
        if verdict is Verdict.MISMATCH and not word.asked:
            _ASK_NOW.run({"now": confirmation.now, "payment": word.payment_id})
    return confirmation.verdicts


def mark(verdicts: dict[UUID, Verdict]) -> None:
    """Write what became of notices."""
    if verdicts:
        states = [verdict.notice_state for verdict in verdicts.values()]
        reasons = [str(verdict) for verdict in verdicts.values()]
        _MARK.run({"notices": list(verdicts), "states": states, "reasons": reasons})


def refuse(standing: Standing, told: Told, why: Verdict) -> None:
    """Tell a person of a genuine notice that does not fit; nothing else changes."""
    alerts.tell(
        Matter.NOTICE_MISMATCH,
        ("payment", standing.payment_id),
        merchant_id=standing.merchant_id,
        book=standing.book,
        facts={
            "why": why,
            "said": told.paid.amount,
            "currency": told.paid.currency,
            "expected": standing.amount,
            "notice": ids.encode("ntc", told.notice_id),
        },
    )


def _lock(payment_ids: list[UUID]) -> dict[UUID, Standing]:
    payments = orjson.dumps([{"id": each, "kind": "payment"} for each in payment_ids]).decode()
    found = (Standing(*row) for row in _LOCK.rows({"payments": payments}))
    return {standing.payment_id: standing for standing in found}


def _judge(confirmation: Confirmation, told: Sequence[Told], standings: dict[UUID, Standing]) -> None:
    paid_orders: set[UUID] = set()
    succeeded: dict[UUID, str] = {}
    for word in told:
        standing = standings[word.payment_id]
        if word.payment_id in succeeded:
            same = succeeded[word.payment_id] == word.channel_txn
            verdict = Verdict.REPEAT if same else Verdict.OTHER_TXN
        else:
            verdict = judge(standing, word, paid_meanwhile=standing.order_id in paid_orders)
        late = verdict is Verdict.PAYS_LATE
        if late and not _find_goods_again(standing, confirmation.now):
            verdict = Verdict.SURPLUS
        confirmation.verdicts[word.notice_id] = verdict
        if verdict.notice_state is NoticeState.REFUSED:
            confirmation.refusals.append((standing, word, verdict))
        if verdict.notice_state is NoticeState.APPLIED:
            succeeded[word.payment_id] = word.channel_txn
            sale = sale_of(standing, word, verdict, late=late, now=confirmation.now)
            confirmation.sales.append(sale)
            if sale.use is Use.APPLIED:
                paid_orders.add(standing.order_id)


def _find_goods_again(standing: Standing, now: datetime) -> bool:
    """Whether an order that had ended could get its keys once more, at its price; it has them then.

    A subscription that never began, or a period that nobody waits for, does not come back.
    """
    if standing.subscription_id is not None:
        return False
    try:
        stock.reserve(standing.product_id, standing.quantity, standing.order_id, until=now + limits.EXTENSION)
    except OutOfStock:
        return False
    if standing.discount and not codes.take_again(standing, now):
        stock.release([standing.order_id])
        return False
    return True


def _tell(sales: Sequence[Sale]) -> None:
    """Audit rows and events, each as one INSERT; and surplus goes back by itself."""
    rows: list[audit.Row] = []
    told: list[outbox.Event] = []
    for sale in sales:
        row, happened = _account_of(sale)
        rows.append(row)
        told += happened
    audit.record_many(rows)
    outbox.emit(told)
    for sale in sales:
        if sale.use is Use.SURPLUS:
            surplus.send_back(sale.standing.payment_id)
            _tell_other_amount(sale)
        elif sale.fulfilment is Fulfilment.FAILED:
            alerts.tell(
                Matter.DELIVERY_FAILED,
                ("order", sale.standing.order_id),
                merchant_id=sale.standing.merchant_id,
                book=sale.standing.book,
                facts={"quantity": sale.standing.quantity, "delivered": sale.delivered},
            )


def _tell_other_amount(sale: Sale) -> None:
    """Have a person look: a channel takes another amount than it was asked to take."""
    at = sale.standing
    if sale.other_amount:
        alerts.tell(
            Matter.PAYMENT_OTHER_AMOUNT,
            ("payment", at.payment_id),
            merchant_id=at.merchant_id,
            book=at.book,
            facts={"said": sale.told.paid.amount, "currency": at.currency, "expected": at.amount},
        )


_FULFILMENT_TOPICS = {
    Fulfilment.DELIVERED: events.ORDER_DELIVERED,
    Fulfilment.HELD: events.ORDER_HELD,
    Fulfilment.FAILED: events.ORDER_DELIVERY_FAILED,
}


def _account_of(sale: Sale) -> tuple[audit.Row, list[outbox.Event]]:
    """What is written down of a sale, and what is told."""
    at = sale.standing
    facts = {
        "payment": ids.encode("pay", at.payment_id),
        "amount": sale.told.paid.amount,
        "currency": at.currency,
        "method": at.method,
    }
    if sale.use is Use.SURPLUS:
        topics = [events.PAYMENT_SURPLUS]
    else:
        topics = [events.ORDER_PAID, _FULFILMENT_TOPICS[sale.fulfilment or Fulfilment.FAILED]]
        facts |= {"late": sale.late, "fulfilment": str(sale.fulfilment), "quantity": at.quantity}
        facts["discount"] = at.discount
    row = audit.Row(
        sale.receipt.actor,
        topics[0],
        ("order", at.order_id),
        merchant_id=at.merchant_id,
        facts={**facts, "txn": sale.told.channel_txn},
    )
    return row, [events.of_order(topic, at.order_id, at.merchant_id, at.book, **facts) for topic in topics]
