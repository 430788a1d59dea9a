"""Refunds: money that goes back.

Set aside and commit; ask the channel, no transaction open; write its answer and commit. What the channel did
not answer is asked about under the same number until it is known; there never is a second number for it.
"""

from datetime import datetime
from uuid import UUID

from django.db import transaction

import outbox
from kernel import clock
from kernel.actors import SYSTEM, Actor
from kernel.crash import crash_point
from kernel.money import Money, given_back
from ledger import posting, reversals
from settlement import fees

from .. import events, limits, memberships, postings
from ..channels.base import RefundAnswer
from ..channels.base import RefundState as Said
from ..errors import Disputed, NothingLeft, NotRefundable, RefundTooLarge
from ..models import Order, Payment, Refund
from ..models.dispute import MONEY_TAKEN
from ..states import OPEN_REFUNDS, AttemptState, PaymentState, RefundKind, RefundState, Use
from . import accounts, codes
from . import refund_facts as facts
from .alerts import Matter
from .schedule import next_question


def book(
    *, payment: Payment, amount: Money, reason: str, actor: Actor, form_key: UUID | None = None
) -> Refund:
    """Give back a part or the whole of a payment that paid its order, out of the merchant's money.

    The sale's own money counts, even where it is not available yet. A form that was sent before gives the
    refund that it made. Raises NotRefundable, Disputed, RefundTooLarge, BalanceTooLow; then nothing was
    changed.
    """
    with transaction.atomic():
        locked = lock(payment.pk)
        refund = Refund.objects.filter(payment=locked, form_key=form_key).first() if form_key else None
        if refund is not None:
            return refund
        refund = reserve(locked, amount, reason=reason, actor=actor, form_key=form_key)
    return send(refund)


def reserve(
    payment: Payment, amount: Money, *, reason: str, actor: Actor, form_key: UUID | None = None
) -> Refund:
    """Record a refund out of the merchant's money, in the caller's transaction, who sends it afterwards.

    `payment` is locked. Raises what `book` raises.
    """
    if payment.use != Use.APPLIED:
        raise NotRefundable
    # The bank has the money already: the channel would refuse, or the buyer would have it twice.
    if payment.disputes.filter(MONEY_TAKEN).exists():
        raise Disputed
    return set_aside(
        payment, amount, kind=RefundKind.VOLUNTARY, reason=reason, actor=actor, form_key=form_key
    )


def lock(payment_id: UUID) -> Payment:
    """A payment and its order, locked in the order of locks; `payment.order` is the locked row."""
    order_id = Payment.objects.values_list("order_id", flat=True).get(pk=payment_id)
    order = Order.objects.select_for_update(no_key=True).get(pk=order_id)
    payment = Payment.objects.select_for_update(no_key=True).get(pk=payment_id)
    payment.order = order
    return payment


def set_aside(
    payment: Payment,
    amount: Money,
    *,
    kind: RefundKind,
    reason: str,
    actor: Actor,
    form_key: UUID | None = None,
) -> Refund:
    """Record a refund and set its money aside, in the caller's transaction. `payment` is locked.

    Raises NotRefundable, RefundTooLarge; for voluntary ones BalanceTooLow.
    """
    _hold_to_what_is_left(payment, amount)
    returned, now = fees_back(payment, amount), clock.now()
    refund = Refund.objects.create(
        payment=payment,
        order=payment.order,
        account_id=payment.account_id,
        merchant_id=payment.merchant_id,
        book=payment.book,
        kind=kind,
        amount=amount.amount,
        currency=amount.currency,
        platform_fee=returned.platform.amount,
        channel_fee=returned.channel.amount,
        promotion=promotion_back(payment, amount),
        reason=reason[:200],
        form_key=form_key,
        actor_kind=actor.kind,
        actor_id=actor.id,
        requested_at=now,
        next_query_at=now if kind == RefundKind.SURPLUS else first_question(now),
    )
    hold(refund, payment, actor, events.REFUND_REQUESTED, reason=reason)
    return refund


def _hold_to_what_is_left(payment: Payment, amount: Money) -> None:
    if payment.state != AttemptState.SUCCEEDED or amount.currency != payment.currency:
        raise NotRefundable
    if not payment.refundable:
        raise NothingLeft(left=payment.refundable)
    if amount.amount <= 0:
        raise NotRefundable
    if amount > payment.refundable:
        raise RefundTooLarge(left=payment.refundable)


def fees_back(payment: Payment, amount: Money) -> fees.SaleFees:
    """What goes back of the payment's fees with this much of its money, as it stands now."""
    return fees.of_refund(
        payment.fees,
        gross=payment.came,
        refunded=amount + payment.came - payment.refundable,
        returned=payment.fees_returned,
    )


def promotion_back(payment: Payment, amount: Money) -> int:
    """What the platform takes back with this much of a payment's money of a discount that it carries."""
    return given_back(
        part=payment.promotion,
        whole=payment.came.amount,
        refunded=(amount + payment.came - payment.refundable).amount,
        returned=payment.promotion_returned,
    )


def first_question(now: datetime) -> datetime:
    """When a channel is first asked about a refund that is being sent."""
    return next_question(now, asked=1, waits_for_buyer=False)


def hold(refund: Refund, payment: Payment, actor: Actor, topic: str, *, reason: str) -> None:
    """Set the money of an open refund aside, and tell. `payment` is locked."""
    Payment.objects.filter(pk=payment.pk).update(
        refund_pending=payment.refund_pending + refund.amount,
        platform_fee_returned=payment.platform_fee_returned + refund.platform_fee,
        channel_fee_returned=payment.channel_fee_returned + refund.channel_fee,
        promotion_returned=payment.promotion_returned + refund.promotion,
    )
    came = reversals.named(postings.received(payment.pk, surplus=payment.use == Use.SURPLUS))
    posting.post(postings.set_aside(facts.returned(refund, payment, actor), reverses=came))
    facts.record(refund, payment, actor, topic, reason=reason)


def send(refund: Refund) -> Refund:
    """Ask the channel to carry a refund out, no transaction open. Gives the refund as it then is."""
    till = accounts.till(refund.account_id)
    answer = till.channel.refund(till.account, facts.asked(refund))
    crash_point("refund.after_channel")
    return conclude(refund.pk, answer)


def inquire(refund: Refund) -> RefundAnswer:
    """The channel's answer to the question what became of a refund, no transaction open. Records nothing."""
    till = accounts.till(refund.account_id)
    return till.channel.query_refund(till.account, facts.asked(refund))


def ask(refund: Refund) -> Refund:
    """Ask the channel what became of a refund, and send it, under its own number, where it never arrived."""
    answer = inquire(refund)
    return send(refund) if answer.state is Said.ABSENT else conclude(refund.pk, answer)


def ask_by_id(refund_id: UUID) -> Refund:
    """The same, for the sweep. One that has ended meanwhile is left alone."""
    refund = Refund.objects.select_related("payment").get(pk=refund_id)
    return ask(refund) if refund.state in OPEN_REFUNDS else refund


def conclude(refund_id: UUID, answer: RefundAnswer) -> Refund:
    """Record what the channel said. A refund that has ended stays so, unless the channel fails a done one."""
    with transaction.atomic():
        payment_id = Refund.objects.values_list("payment_id", flat=True).get(pk=refund_id)
        payment = lock(payment_id)
        refund = Refund.objects.select_for_update(no_key=True).get(pk=refund_id)
        if refund.state in OPEN_REFUNDS:
            _OUTCOMES[answer.state](refund, payment, answer)
        elif refund.state == RefundState.SUCCEEDED and answer.state is Said.FAILED:
            _bounce(refund, payment, answer)
    return refund


def _succeed(refund: Refund, payment: Payment, answer: RefundAnswer) -> None:
    now = clock.now()
    refund.enter(RefundState.SUCCEEDED, concluded_at=now, next_query_at=None, **facts.words(answer))
    refunded = payment.refunded + refund.amount
    Payment.objects.filter(pk=payment.pk).update(
        refunded=refunded, refund_pending=payment.refund_pending - refund.amount
    )
    if payment.use == Use.APPLIED and refunded == payment.amount:
        if payment.order.subscription_id is not None:
            memberships.port().take_back(payment.order)
        codes.follow_refunds(payment.order, refunded=True)
    posting.post_many(postings.sent(facts.returned(refund, payment, SYSTEM)))
    facts.record(refund, payment, SYSTEM, events.REFUND_SUCCEEDED)
    if payment.use == Use.APPLIED:
        _move_order(payment, refunded)


def _move_order(payment: Payment, refunded: int) -> None:
    order = payment.order
    target = PaymentState.PARTIALLY_REFUNDED if refunded else PaymentState.PAID
    if refunded == payment.amount:
        target = PaymentState.REFUNDED
    if order.payment_state == target:
        return
    order.enter(target, field="payment_state")
    topic = events.ORDER_REFUNDED if refunded > payment.refunded else events.ORDER_REFUND_RETURNED
    facts = {"refunded": refunded, "amount": payment.amount, "currency": payment.currency}
    outbox.emit([events.of_order(topic, order.pk, order.merchant_id, order.book, **facts)])


def _fail(refund: Refund, payment: Payment, answer: RefundAnswer) -> None:
    """The channel will not do it: the money lies again where it lay, and a person hears of it."""
    refund.enter(RefundState.FAILED, concluded_at=clock.now(), next_query_at=None, **facts.words(answer))
    _lay_back(refund, payment, refund_pending=payment.refund_pending - refund.amount)


def _bounce(refund: Refund, payment: Payment, answer: RefundAnswer) -> None:
    """The channel had done it, and it failed behind it: the buyer's bank sent the money back."""
    refund.enter(RefundState.FAILED, concluded_at=clock.now(), next_query_at=None, **facts.words(answer))
    if payment.use == Use.APPLIED and payment.refunded == payment.amount:
        codes.follow_refunds(payment.order, refunded=False)
    if (back := facts.returned(refund, payment, SYSTEM)).net:
        posting.post(postings.returned(back, reverses=reversals.named(back.reference(postings.SENT))))
    refunded = payment.refunded - refund.amount
    _lay_back(refund, payment, refunded=refunded)
    if payment.use == Use.APPLIED:
        _move_order(payment, refunded)


def _lay_back(refund: Refund, payment: Payment, **counts: int) -> None:
    Payment.objects.filter(pk=payment.pk).update(
        **counts,
        platform_fee_returned=payment.platform_fee_returned - refund.platform_fee,
        channel_fee_returned=payment.channel_fee_returned - refund.channel_fee,
        promotion_returned=payment.promotion_returned - refund.promotion,
    )
    back = facts.returned(refund, payment, SYSTEM)
    aside = reversals.named(back.reference(postings.SET_ASIDE))
    posting.post(postings.given_up(back, reverses=aside))
    facts.record(refund, payment, SYSTEM, events.REFUND_FAILED)
    facts.alert(Matter.REFUND_FAILED, refund)


def _work(refund: Refund, payment: Payment, answer: RefundAnswer) -> None:
    _stay_open(refund, payment, answer, RefundState.SENT, events.REFUND_SENT)


def _wonder(refund: Refund, payment: Payment, answer: RefundAnswer) -> None:
    _stay_open(refund, payment, answer, RefundState.UNKNOWN, events.REFUND_UNKNOWN)
    if clock.now() - refund.requested_at >= limits.UNKNOWN_ALERT_AFTER:
        facts.alert(Matter.REFUND_UNKNOWN, refund)


def _stay_open(
    refund: Refund, payment: Payment, answer: RefundAnswer, target: RefundState, topic: str
) -> None:
    now = clock.now()
    asked = refund.queries + 1
    changes = {
        "queries": asked,
        "next_query_at": next_question(now, asked=asked, waits_for_buyer=False),
        **facts.words(answer),
    }
    if refund.state == target:
        Refund.objects.filter(pk=refund.pk).update(**changes)
    else:
        refund.enter(target, **changes)
        facts.record(refund, payment, SYSTEM, topic)


_OUTCOMES = {
    Said.SUCCEEDED: _succeed,
    Said.FAILED: _fail,
    Said.PENDING: _work,
    Said.UNKNOWN: _wonder,
    # It was sent and has not arrived yet: asked about, and sent again under the same number.
    Said.ABSENT: _wonder,
}
