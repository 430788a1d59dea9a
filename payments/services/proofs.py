"""Proofs: a channel's answer to our question that money came, kept and confirmed like a notice."""

from collections.abc import Sequence
from uuid import UUID

import orjson
from django.db import IntegrityError, transaction

from kernel import clock, ids
from kernel.actors import Actor, ActorKind
from kernel.money import Money

from ..channels.base import ChargeAnswer, ChargeState
from ..channels.news import NoticeSaid
from ..models import Payment
from ..states import NoticeState
from . import confirmations, notices
from .verdicts import Told, Verdict

TXN_USED = "txn_used"


def confirm_many(answers: Sequence[tuple[Payment, ChargeAnswer]]) -> dict[UUID, Verdict]:
    """The same for the answers to many questions, in the caller's transaction. Gives each payment's verdict.

    Raises IntegrityError where a channel names a transaction that has paid another payment: then each of them
    is to be confirmed by itself.
    """
    told = {payment.pk: _told(payment, answer) for payment, answer in answers}
    verdicts = confirmations.confirm_told(list(told.values()))
    found = {}
    for payment, answer in answers:
        word = told[payment.pk]
        verdict = found[payment.pk] = verdicts[word.notice_id]
        notices.store(
            notices.addressee(payment),
            _said(payment, answer, word),
            _body(payment, answer),
            verdict.notice_state,
            notice_id=word.notice_id,
            reason=verdict,
            asked=True,
        )
    return found


def confirm(payment: Payment, answer: ChargeAnswer) -> Verdict | None:
    """Store the answer as evidence and confirm it, in one transaction. Gives the verdict.

    None where the channel names a transaction that has paid another payment: then only an alert is left.
    """
    told = _told(payment, answer)
    said = _said(payment, answer, told)
    to, body = notices.addressee(payment), _body(payment, answer)
    try:
        with transaction.atomic():
            verdict = confirmations.confirm_told([told])[told.notice_id]
            notices.store(
                to, said, body, verdict.notice_state, notice_id=told.notice_id, reason=verdict, asked=True
            )
    except IntegrityError as error:
        if "payment_txn_once" not in str(error):
            raise
        notices.refuse(to, said, body, TXN_USED, asked=True)
        return None
    return verdict


def is_refused(verdict: Verdict) -> bool:
    """Whether money was reported that cannot be counted."""
    return verdict.notice_state is NoticeState.REFUSED


def actor_of(payment: Payment) -> Actor:
    """The channel account that spoke."""
    return Actor(ActorKind.CHANNEL, payment.account_id)


def _told(payment: Payment, answer: ChargeAnswer) -> Told:
    paid = answer.paid or Money(0, payment.currency)
    return Told(ids.new(), payment.pk, answer.channel_txn, paid, answer.paid_at, asked=True)


def _said(payment: Payment, answer: ChargeAnswer, told: Told) -> NoticeSaid:
    return NoticeSaid(
        key=f"asked:{payment.reference}:{answer.channel_txn}",
        reference=payment.reference,
        channel_txn=answer.channel_txn,
        state=ChargeState.SUCCEEDED,
        amount=told.paid,
        occurred_at=answer.paid_at,
        fields={},
    )


def _body(payment: Payment, answer: ChargeAnswer) -> bytes:
    """What was answered, in our words: the answer's own bytes stay with the adapter that verified them."""
    paid = answer.paid
    return orjson.dumps(
        {
            "asked": payment.reference,
            "at": clock.now().isoformat(),
            "txn": answer.channel_txn,
            "paid": paid.amount if paid else None,
            "currency": paid.currency if paid else None,
            "paid_at": answer.paid_at.isoformat() if answer.paid_at else None,
            "code": answer.code,
        }
    )
