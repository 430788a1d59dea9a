"""Questions: asking channels about payments that are open, on the schedule, until it is known.

A payment waits for its buyer only while it is the latest of an order that waits for money; every other one is
closed at the channel.
"""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from django.db.models import F

from kernel import clock
from kernel.crash import crash_point
from merchants.models import Merchant
from web import limits as rates
from web.limits import TooOften

from .. import limits, sql
from ..channels.base import ChargeAnswer, ChargeState
from ..failures import explains
from ..models import Order, Payment
from ..states import OPEN_ATTEMPTS, AttemptState, PaymentState
from . import accounts, alerts, attempts
from .alerts import Matter
from .schedule import next_question

# A worker that dies while it asks leaves the payment to the next one after this long.
LEASE = timedelta(seconds=120)
_ASK_NOW_EVERY = timedelta(seconds=3)
_ASK_NOW_MOST = 3
# How often a charge that never arrived is opened anew, under its own number.
_STARTS = 5

# A subquery in the place of `due` may be run more than once, and would then claim more than the limit.
_CLAIM = sql.Statement("""
WITH due AS MATERIALIZED (
    SELECT id FROM payments_payment WHERE next_query_at <= %(now)s
    ORDER BY next_query_at LIMIT %(limit)s FOR NO KEY UPDATE SKIP LOCKED
)
UPDATE payments_payment p SET next_query_at = %(later)s FROM due WHERE p.id = due.id RETURNING p.id
""")
_HASTEN = sql.Statement("""
UPDATE payments_payment SET next_query_at = %(now)s WHERE id IN (
    SELECT p.id FROM payments_payment p JOIN payments_order o ON o.id = p.order_id
    WHERE o.merchant_id = %(merchant)s AND o.payment_state = 'pending' AND o.expires_at <= %(there)s
        AND p.next_query_at > %(now)s
    FOR NO KEY UPDATE OF p SKIP LOCKED)
""")


def claim_due(limit: int) -> Sequence[UUID]:
    """Take at most `limit` payments that are due to be asked about; nobody else gets them for a while."""
    now = clock.now()
    return [payment_id for (payment_id,) in _CLAIM.rows({"later": now + LEASE, "now": now, "limit": limit})]


def hasten(merchant: Merchant) -> None:
    """Ask at once about payments of orders whose time is up by a twin's clock, which has just been moved."""
    _HASTEN.run({"merchant": merchant.pk, "now": clock.now(), "there": clock.now(merchant)})


def ask(payment_id: UUID) -> Payment:
    """Ask the channel how a payment stands, and record it. One that nobody waits for is closed there."""
    payment = Payment.objects.select_related("order", "order__merchant").get(pk=payment_id)
    if payment.state not in OPEN_ATTEMPTS:
        Payment.objects.filter(pk=payment_id).exclude(state__in=OPEN_ATTEMPTS).update(next_query_at=None)
        if payment.state != AttemptState.SUCCEEDED:
            # A message of money came for one that had ended: the channel's answer decides.
            _look_again(payment)
        return payment
    till = accounts.till(payment.account_id)
    answer = till.channel.query(till.account, payment.reference, payment.handle)
    if answer.state in (ChargeState.PENDING, ChargeState.ABSENT):
        return _go_on(payment, answer) if is_awaited(payment) else finish(payment, answer)
    return _know(payment, answer)


def ask_now(order: Order) -> None:
    """Ask about an order's payments because its buyer says that one was made; every few seconds at most.

    Those that were closed are asked about as well: money may come for them all the same.
    """
    try:
        rates.take("payments.ask", str(order.pk), most=1, per=_ASK_NOW_EVERY)
    except TooOften:
        return
    for payment in Payment.objects.filter(order=order).order_by("-ordinal")[:_ASK_NOW_MOST]:
        if payment.state in OPEN_ATTEMPTS:
            ask(payment.pk)
        elif payment.state != AttemptState.SUCCEEDED:
            _look_again(payment)


def finish(payment: Payment, answer: ChargeAnswer | None = None) -> Payment:
    """Find out how a payment ends: ask (or take `answer`), and close at the channel what still waits there.

    Afterwards it is final, or open because the channel did not say.
    """
    till = accounts.till(payment.account_id)
    if answer is None:
        answer = till.channel.query(till.account, payment.reference, payment.handle)
    if answer.state is ChargeState.PENDING:
        answer = till.channel.close(till.account, payment.reference, payment.handle)
        crash_point("expire.after_close")
    if answer.state is ChargeState.ABSENT:
        # No buyer has opened it, and its link or code has ended: there is nothing to close.
        answer = ChargeAnswer(ChargeState.CLOSED, code=answer.code, message=answer.message)
    return _know(payment, answer)


def _look_again(payment: Payment) -> None:
    till = accounts.till(payment.account_id)
    answer = till.channel.query(till.account, payment.reference, payment.handle)
    if answer.state is ChargeState.SUCCEEDED:
        attempts.conclude(payment, answer)


def is_awaited(payment: Payment) -> bool:
    """Whether a buyer may still be about to pay this."""
    order = payment.order
    return (
        order.payment_state == PaymentState.PENDING
        # An order that was given more time outlives the payments that were opened before.
        and min(order.expires_at, payment.expires_at) > clock.now(order.merchant)
        and not Payment.objects.filter(order=order, ordinal__gt=payment.ordinal).exists()
    )


def _go_on(payment: Payment, answer: ChargeAnswer) -> Payment:
    """The buyer has not paid yet. A charge that never arrived at the channel is opened again."""
    never_arrived = answer.state is ChargeState.ABSENT and not payment.action_kind
    _ask_later(payment, waits_for_buyer=True)
    if never_arrived and payment.queries < _STARTS:
        return attempts.start(payment.pk)
    was_silent = payment.state == AttemptState.UNKNOWN and payment.action_kind
    # A card that was refused leaves the charge open for another one; the merchant reads why it was.
    has_news = answer.code != payment.code and explains(answer.code)
    if answer.state is ChargeState.PENDING and (was_silent or has_news):
        return attempts.conclude(payment, answer)
    return payment


def _know(payment: Payment, answer: ChargeAnswer) -> Payment:
    if answer.state is ChargeState.UNKNOWN:
        waits = is_awaited(payment)
        _ask_later(payment, waits_for_buyer=waits)
        _alert_if_old(payment)
        if waits:
            # The buyer can still pay: that the channel did not answer us changes nothing for the attempt.
            return payment
    return attempts.conclude(payment, answer)


def _ask_later(payment: Payment, *, waits_for_buyer: bool) -> None:
    now, asked = clock.now(), payment.queries + 1
    later = next_question(now, asked=asked, waits_for_buyer=waits_for_buyer)
    ends = min(payment.expires_at, payment.order.expires_at) - payment.order.merchant.clock_ahead
    if waits_for_buyer:
        # The question at its end closes it, so that the keys go back without delay.
        later = min(later, max(ends, now))
    Payment.objects.filter(pk=payment.pk, state__in=OPEN_ATTEMPTS).update(
        next_query_at=later, queries=F("queries") + 1
    )
    payment.queries = asked
    payment.next_query_at = later


def _alert_if_old(payment: Payment) -> None:
    if clock.now() - payment.created_at < limits.UNKNOWN_ALERT_AFTER:
        return
    alerts.tell(
        Matter.PAYMENT_UNKNOWN,
        ("payment", payment.pk),
        merchant_id=payment.merchant_id,
        book=payment.book,
        facts={"queries": payment.queries},
    )
