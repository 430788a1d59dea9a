"""Confirmations: money that came. Paid, delivered, posted and told, in one transaction, for one or for many.

Order of locks: orders and their payments (ascending), keys, ledger accounts, then inserts only.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import DatabaseError, transaction

import audit
import outbox
from kernel import clock, ids
from kernel.actors import Actor, ActorKind
from kernel.books import Book
from kernel.machine import IllegalMove
from kernel.money import Money
from ledger import posting
from ledger.legs import Posting
from merchants.errors import OutOfStock
from merchants.services import stock
from settlement import fees, plans

from .. import events, limits, postings, sql
from ..models.doors import sources
from ..postings import Books, Receipt
from ..states import ATTEMPT, ORDER_PAYMENT, AttemptState, Fulfilment, NoticeState, PaymentState, Use
from . import accounts, alerts, surplus
from .alerts import Matter
from .verdicts import Standing, Told, Verdict, judge

# The newest version of each locked row is what is read: locks and read are of the same rows.
_LOCK = sql.Statement("""
SELECT o.id, p.id, o.merchant_id, o.book, p.account_id, p.method, p.amount, p.currency, p.state,
    p.channel_txn, o.payment_state, o.product_id, o.quantity, o.placed_at, o.review, m.clock_ahead
FROM payments_order o
JOIN payments_payment p ON p.order_id = o.id
JOIN merchants_merchant m ON m.id = o.merchant_id
WHERE p.id = ANY(%(payments)s)
ORDER BY o.id, p.id
FOR NO KEY UPDATE OF o, p
""")
_MOVE = sql.Statement("""
WITH money AS (
    SELECT * FROM unnest(%(payments)s::uuid[], %(uses)s::text[], %(txns)s::text[],
        %(platform_fees)s::bigint[], %(channel_fees)s::bigint[], %(bears)s::boolean[],
        %(paid)s::timestamptz[], %(available)s::timestamptz[])
    AS m (id, use, txn, platform_fee, channel_fee, bears, paid_at, available_at)
), goods AS (
    SELECT * FROM unnest(%(orders)s::uuid[], %(states)s::text[], %(fulfilments)s::text[], %(late)s::boolean[],
        %(duplicate)s::boolean[], %(orders_paid)s::timestamptz[], %(delivered)s::timestamptz[])
    AS g (id, payment_state, fulfilment, late, duplicate, paid_at, delivered_at)
), succeeded AS (
    UPDATE payments_payment p SET state = 'succeeded', use = m.use, channel_txn = m.txn,
        platform_fee = m.platform_fee, channel_fee = m.channel_fee, merchant_bears_channel = m.bears,
        paid_at = m.paid_at, available_at = m.available_at, concluded_at = NULL, next_query_at = NULL
    FROM money m WHERE p.id = m.id AND p.state = ANY(%(payment_sources)s) RETURNING p.id
), moved AS (
    UPDATE payments_order o SET payment_state = coalesce(g.payment_state, o.payment_state),
        fulfilment = coalesce(g.fulfilment, o.fulfilment), paid_late = o.paid_late OR g.late,
        duplicate = o.duplicate OR g.duplicate, paid_at = coalesce(o.paid_at, g.paid_at),
        delivered_at = coalesce(o.delivered_at, g.delivered_at)
    FROM goods g WHERE o.id = g.id
        AND (g.payment_state IS NULL OR o.payment_state = ANY(%(order_sources)s)) RETURNING o.id
)
SELECT (SELECT count(*) FROM succeeded), (SELECT count(*) FROM moved)
""")
_WAITING = sql.Statement("""
SELECT n.id, n.payment_id, n.channel_txn, n.amount, n.currency, n.occurred_at
FROM payments_notice n WHERE n.id = ANY(%(notices)s) AND n.state = 'received'
ORDER BY n.payment_id, n.received_at FOR NO KEY UPDATE SKIP LOCKED
""")
_MARK = sql.Statement("""
UPDATE payments_notice n SET state = v.state, reason = v.reason
FROM unnest(%(notices)s::uuid[], %(states)s::text[], %(reasons)s::text[]) AS v (id, state, reason)
WHERE n.id = v.id
""")

_TO_SUCCEED = sources(ATTEMPT, AttemptState.SUCCEEDED)
_TO_PAY = sources(ORDER_PAYMENT, PaymentState.PAID)


@dataclass(slots=True)
class Sale:
    """One piece of money on its way through a confirmation."""

    standing: Standing
    told: Told
    verdict: Verdict
    receipt: Receipt
    late: bool
    fulfilment: Fulfilment | None = None
    delivered: int = 0


@dataclass(slots=True)
class Confirmation:
    """What one transaction confirms."""

    now: datetime
    sales: list[Sale] = field(default_factory=list)
    verdicts: dict[UUID, Verdict] = field(default_factory=dict)
    refusals: list[tuple[Standing, Told, Verdict]] = field(default_factory=list)

    @property
    def paying(self) -> list[Sale]:
        """The sales whose money pays their order."""
        return [sale for sale in self.sales if sale.verdict is not Verdict.SURPLUS]


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
    except (DatabaseError, IllegalMove):
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
    if confirmation.sales:
        _deliver(confirmation.paying, confirmation.now)
        _move(confirmation)
        posting.post_many([_posting(sale) for sale in confirmation.sales])
        _tell(confirmation)
    for standing, word, verdict in confirmation.refusals:
        refuse(standing, word, verdict)
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
    found = (Standing(*row) for row in _LOCK.rows({"payments": payment_ids}))
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
        if late and not _find_keys_again(standing, confirmation.now):
            verdict = Verdict.SURPLUS
        confirmation.verdicts[word.notice_id] = verdict
        if verdict.notice_state is NoticeState.REFUSED:
            confirmation.refusals.append((standing, word, verdict))
        if verdict.notice_state is NoticeState.APPLIED:
            succeeded[word.payment_id] = word.channel_txn
            if verdict is not Verdict.SURPLUS:
                paid_orders.add(standing.order_id)
            receipt = _receipt(standing, word, verdict, confirmation.now)
            confirmation.sales.append(Sale(standing, word, verdict, receipt, late))


def _find_keys_again(standing: Standing, now: datetime) -> bool:
    """Whether an order that had ended could get keys once more; they are reserved for it then."""
    try:
        stock.reserve(standing.product_id, standing.quantity, standing.order_id, until=now + limits.EXTENSION)
    except OutOfStock:
        return False
    return True


def _receipt(standing: Standing, told: Told, verdict: Verdict, now: datetime) -> Receipt:
    merchants_now = now + standing.clock_ahead
    paid_at = standing.paid_at(told.occurred_at, merchants_now)
    plan = plans.of(standing.merchant_id)
    return Receipt(
        payment_id=standing.payment_id,
        order_id=standing.order_id,
        books=Books(standing.merchant_id, standing.account_id, standing.currency, Book(standing.book)),
        gross=told.paid,
        fees=_fees(plan, told.paid, accounts.till(standing.account_id), verdict),
        available_at=paid_at if verdict is Verdict.SURPLUS else plan.available_at(paid_at),
        occurred_at=paid_at,
        actor=Actor(ActorKind.CHANNEL, standing.account_id),
    )


def _fees(plan: fees.FeePlan, gross: Money, till: accounts.Till, verdict: Verdict) -> fees.SaleFees:
    taken = fees.of_sale(plan, gross, till.rate)
    if verdict is Verdict.SURPLUS:
        # Money that goes back earns the platform nothing, and costs the merchant nothing.
        return fees.SaleFees(Money(0, gross.currency), taken.channel, merchant_bears_channel=False)
    return taken


def _deliver(sales: list[Sale], now: datetime) -> None:
    """Hand the keys over, or keep them reserved where a person looks first."""
    to_deliver = [sale.standing.order_id for sale in sales if not sale.standing.review]
    handed = stock.deliver(to_deliver, at=now) if to_deliver else {}
    for sale in sales:
        standing = sale.standing
        if standing.review:
            kept = stock.extend(standing.order_id, until=now + standing.clock_ahead + limits.HELD_FOR)
            sale.fulfilment = Fulfilment.HELD if kept == standing.quantity else Fulfilment.FAILED
        else:
            sale.delivered = handed.get(standing.order_id, 0)
            whole = sale.delivered == standing.quantity
            sale.fulfilment = Fulfilment.DELIVERED if whole else Fulfilment.FAILED


def _move(confirmation: Confirmation) -> None:
    sales = confirmation.sales
    orders = _orders(confirmation)
    succeeded, moved = _MOVE.rows(
        {
            "payments": [sale.standing.payment_id for sale in sales],
            "uses": [Use.SURPLUS if sale.verdict is Verdict.SURPLUS else Use.APPLIED for sale in sales],
            "txns": [sale.told.channel_txn for sale in sales],
            "platform_fees": [sale.receipt.fees.platform.amount for sale in sales],
            "channel_fees": [sale.receipt.fees.channel.amount for sale in sales],
            "bears": [sale.receipt.fees.merchant_bears_channel for sale in sales],
            "paid": [sale.receipt.occurred_at for sale in sales],
            "available": [sale.receipt.available_at for sale in sales],
            "payment_sources": _TO_SUCCEED,
            "order_sources": _TO_PAY,
            **orders,
        }
    )[0]
    if succeeded != len(sales) or moved != len(orders["orders"]):
        raise IllegalMove(source="unpaid", target=str(PaymentState.PAID))


@dataclass(slots=True)
class Move:
    """What an order becomes: None keeps what it is."""

    payment_state: PaymentState | None = None
    fulfilment: Fulfilment | None = None
    late: bool = False
    duplicate: bool = False
    paid_at: datetime | None = None
    delivered_at: datetime | None = None


def _orders(confirmation: Confirmation) -> dict[str, list[Any]]:
    """One move an order, in columns: one that is paid twice in one batch is moved once, with both facts."""
    moves: dict[UUID, Move] = {}
    for sale in confirmation.sales:
        move = moves.setdefault(sale.standing.order_id, Move())
        move.late = move.late or sale.late
        if sale.verdict is Verdict.SURPLUS:
            move.duplicate = move.duplicate or not sale.late
        else:
            move.payment_state, move.fulfilment = PaymentState.PAID, sale.fulfilment
            move.paid_at = sale.receipt.occurred_at
            if sale.fulfilment is Fulfilment.DELIVERED:
                move.delivered_at = confirmation.now + sale.standing.clock_ahead
    rows = moves.values()
    return {
        "orders": list(moves),
        "states": [move.payment_state for move in rows],
        "fulfilments": [move.fulfilment for move in rows],
        "late": [move.late for move in rows],
        "duplicate": [move.duplicate for move in rows],
        "orders_paid": [move.paid_at for move in rows],
        "delivered": [move.delivered_at for move in rows],
    }


def _posting(sale: Sale) -> Posting:
    if sale.verdict is Verdict.SURPLUS:
        return postings.surplus(sale.receipt)
    return postings.captured(sale.receipt)


def _tell(confirmation: Confirmation) -> None:
    """Audit rows and events, each as one INSERT; and surplus goes back by itself."""
    rows: list[audit.Row] = []
    told: list[outbox.Event] = []
    for sale in confirmation.sales:
        row, happened = _account_of(sale)
        rows.append(row)
        told += happened
    audit.record_many(rows)
    outbox.emit(told)
    for sale in confirmation.sales:
        if sale.verdict is Verdict.SURPLUS:
            surplus.send_back(sale.standing.payment_id)
        elif sale.fulfilment is Fulfilment.FAILED:
            alerts.tell(
                Matter.DELIVERY_FAILED,
                ("order", sale.standing.order_id),
                merchant_id=sale.standing.merchant_id,
                book=sale.standing.book,
                facts={"quantity": sale.standing.quantity, "delivered": sale.delivered},
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
        "amount": at.amount,
        "currency": at.currency,
        "method": at.method,
    }
    if sale.verdict is Verdict.SURPLUS:
        topics = [events.PAYMENT_SURPLUS]
    else:
        topics = [events.ORDER_PAID, _FULFILMENT_TOPICS[sale.fulfilment or Fulfilment.FAILED]]
        facts |= {"late": sale.late, "fulfilment": str(sale.fulfilment), "quantity": at.quantity}
    row = audit.Row(
        sale.receipt.actor,
        topics[0],
        ("order", at.order_id),
        merchant_id=at.merchant_id,
        facts={**facts, "txn": sale.told.channel_txn},
    )
    return row, [events.of_order(topic, at.order_id, at.merchant_id, at.book, **facts) for topic in topics]
