"""Attempts to pay: commit the intent, call the channel with no transaction open, write down what it said.

Where money cannot move without the buyer (links and QR codes), another method opens at once; the attempt
before it is closed behind, by the sweep. What still comes for it pays the order if nothing else has, else it
is surplus.
"""

import time
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

import audit
from kernel import clock, ids
from kernel.actors import BUYER
from kernel.crash import crash_point

from .. import limits, memberships
from ..channels.base import Charge, ChargeAnswer, ChargeState
from ..errors import MethodUnavailable, NotPayable
from ..models import Order, Payment
from ..states import OPEN_ATTEMPTS, AttemptState, NoticeState, PaymentState
from ..tokens import new_token
from . import accounts, proofs
from .addresses import notify_url, order_url
from .schedule import next_question


def current(order: Order) -> Payment | None:
    """The latest attempt of an order: the one that its page shows."""
    return order.payments.order_by("-ordinal").first()


def open(order: Order, method: str) -> Payment:
    """Open a payment by `method`, also where one is open already: that one is closed behind it.

    Raises NotPayable for an order that does not wait for money, MethodUnavailable.
    """
    choice = accounts.choice(order.merchant_id, method, order.price)
    with transaction.atomic():
        locked = Order.objects.select_for_update(no_key=True).select_related(None).get(pk=order.pk)
        now = clock.now(order.merchant)
        if locked.payment_state != PaymentState.PENDING or locked.expires_at <= now:
            raise NotPayable(state=locked.payment_state)
        if _is_charged(locked):
            raise NotPayable(state=AttemptState.PENDING)
        ordinal = _close_behind(locked) + 1
        if ordinal > limits.MAX_ATTEMPTS:
            raise MethodUnavailable(method=method[:24])
        payment = Payment.objects.create(
            order=locked,
            ordinal=ordinal,
            merchant_id=locked.merchant_id,
            book=locked.book,
            account_id=choice.till.id,
            method=method,
            notify_token=new_token(),
            amount=locked.total,
            currency=locked.currency,
            created_at=now,
            expires_at=locked.expires_at,
            next_query_at=next_question(clock.now(), asked=0, waits_for_buyer=True),
        )
        audit.record(
            BUYER,
            "payment.opened",
            ("order", locked.pk),
            merchant_id=locked.merchant_id,
            facts={"payment": payment.reference, "method": method},
        )
    return start(payment.pk)


def start(payment_id: UUID) -> Payment:
    """Ask the channel to open a payment whose intent is committed. No transaction is open meanwhile.

    The number is the payment's own for life, so this may be done again after a crash.
    """
    payment = Payment.objects.select_related("order").get(pk=payment_id)
    crash_point("attempt.after_intent")
    till = accounts.till(payment.account_id)
    began = time.monotonic()
    longest = till.channel.capabilities.longest
    answer = till.channel.create(till.account, charge_of(payment, longest=longest))
    crash_point("attempt.after_channel")
    return conclude(payment, answer, latency_ms=int((time.monotonic() - began) * 1000))


def charge_of(payment: Payment, *, longest: timedelta) -> Charge:
    """What is asked of the channel; the same for a payment whenever it is asked."""
    life = min(payment.expires_at - payment.created_at, longest)
    return Charge(
        reference=payment.reference,
        method=payment.method,
        amount=payment.money,
        subject=payment.order.title,
        notify_url=notify_url(payment.notify_token),
        return_url=order_url(payment.order.token),
        # A twin's clock may be years ahead; a channel keeps the world's.
        expires_at=ids.made_at(payment.pk) + life,
        language=payment.order.language,
        keep=payment.order.subscription_id is not None and memberships.port().keeps(payment),
        # Until the channel has named it, it goes by the mandate's handle.
        mandate=payment.handle if payment.mandate_id else "",
    )


_SAID = {
    ChargeState.PENDING: AttemptState.PENDING,
    ChargeState.UNKNOWN: AttemptState.UNKNOWN,
    ChargeState.FAILED: AttemptState.FAILED,
    ChargeState.CLOSED: AttemptState.CLOSED,
    ChargeState.ABSENT: AttemptState.UNKNOWN,
}


def conclude(payment: Payment, answer: ChargeAnswer, *, latency_ms: int | None = None) -> Payment:
    """Record what the channel said of an attempt. One that has moved on meanwhile stays as it is."""
    if answer.state is ChargeState.SUCCEEDED:
        verdict = proofs.confirm(payment, answer)
        if verdict is not None and verdict.notice_state is not NoticeState.REFUSED:
            payment.refresh_from_db()
            return payment
        # Money that cannot be counted, or is another payment's: a person was told, and nobody waits for more.
        answer = ChargeAnswer(ChargeState.FAILED, code=verdict or proofs.TXN_USED)
    target = _SAID[answer.state]
    with transaction.atomic():
        Order.objects.select_for_update(no_key=True).get(pk=payment.order_id)
        locked = Payment.objects.select_for_update(no_key=True).get(pk=payment.pk)
        if locked.state in OPEN_ATTEMPTS:
            _record(locked, target, answer, latency_ms)
    locked.order = payment.order
    return locked


def _record(payment: Payment, target: AttemptState, answer: ChargeAnswer, latency_ms: int | None) -> None:
    now = clock.now()
    ended = target not in OPEN_ATTEMPTS
    changes: dict[str, Any] = {
        "code": answer.code[:64],
        "message": answer.message[:200],
        "concluded_at": now if ended else None,
        "next_query_at": None if ended else payment.next_query_at,
    }
    if answer.action is not None:
        changes |= {"action_kind": answer.action.kind, "action_value": answer.action.value}
    if answer.handle:
        changes["handle"] = answer.handle
    if latency_ms is not None:
        changes["latency_ms"] = latency_ms
    if payment.state == target:
        Payment.objects.filter(pk=payment.pk).update(**changes)
        return
    source = payment.state
    payment.enter(target, **changes)
    audit.record(
        proofs.actor_of(payment),
        f"payment.{target}",
        ("order", payment.order_id),
        merchant_id=payment.merchant_id,
        facts={"payment": payment.reference, "from": source, "code": answer.code[:64]},
    )


def _is_charged(order: Order) -> bool:
    """Whether the buyer's saved method is being charged for the order right now."""
    return (
        order.subscription_id is not None
        and Payment.objects.filter(order=order, mandate_id__isnull=False, state__in=OPEN_ATTEMPTS).exists()
    )


def _close_behind(order: Order) -> int:
    """Have the sweep close what is open. Gives the ordinal of the latest attempt."""
    now = clock.now()
    Payment.objects.filter(order=order, state__in=OPEN_ATTEMPTS).update(next_query_at=now)
    latest = (
        Payment.objects.filter(order=order).order_by("-ordinal").values_list("ordinal", flat=True).first()
    )
    return latest or 0
