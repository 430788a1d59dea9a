"""Notices that come to a channel account's own address: of charges, refunds and disputes, in any order.

The account comes from the address, never from the body; what is said must belong to that account. What is
genuine and about nothing of ours is accepted and forgotten: the account may be used elsewhere too.
"""

from dataclasses import dataclass
from uuid import UUID

from django.db import transaction

from kernel import ids
from kernel.crash import crash_point
from kernel.errors import NotFound

from .. import memberships, sql
from ..channels.base import ChargeState, RefundAnswer
from ..channels.news import (
    DisputeSaid,
    MandateTold,
    NoticeRefused,
    NoticeRequest,
    NoticeSaid,
    RefundSaid,
    Reply,
    Said,
)
from ..models import Notice, Payment, Refund
from ..states import NoticeState
from . import accounts, alerts, disputes, notices, refunds, unverified
from .alerts import Matter
from .notices import UNKNOWN_TOKEN, Addressee

_ACCOUNT = sql.Statement("""
SELECT id, merchant_id, book, channel, label, version FROM payments_channelaccount WHERE token = %(token)s
""")


@dataclass(frozen=True, slots=True)
class _To:
    """The account whose token stands in the address."""

    account_id: UUID
    merchant_id: UUID
    book: str


def take(token: str, request: NoticeRequest) -> Reply:
    """Take one notification, addressed to an account's token. Gives the channel's literal reply.

    Raises only when the database cannot keep it; the channel then gets no success and repeats it.
    """
    found = _ACCOUNT.rows({"token": token})
    if not found:
        return UNKNOWN_TOKEN
    account_id, merchant_id, book, channel, label, version = found[0]
    to = _To(account_id, merchant_id, book)
    till = accounts.till_at(account_id, channel, label, version)
    if not till.channel.capabilities.by_account:
        return UNKNOWN_TOKEN
    try:
        said = till.channel.read_notice(till.account, request)
    except NoticeRefused as refusal:
        why = str(refusal.context.get("why", ""))
        unverified.keep(account_id, merchant_id, book, None, request, why=why)
        return till.channel.acknowledge(accepted=False)
    crash_point("notice.after_verify")
    return till.channel.acknowledge(accepted=_accept(to, said, request.body))


def _accept(to: _To, said: Said, body: bytes) -> bool:
    """Whether the channel may stop repeating this."""
    match said:
        case NoticeSaid():
            return _charge(to, said, body)
        case RefundSaid():
            return _refund(to, said, body)
        case DisputeSaid():
            return _dispute(to, said, body)
        case MandateTold():
            memberships.port().told(to.account_id, said)
    return True


def _charge(to: _To, said: NoticeSaid, body: bytes) -> bool:
    payment = _payment_named(said.reference)
    if payment is None:
        return True
    if payment.account_id != to.account_id:
        # Our own number, said by another account: somebody pays one order by another's words.
        alerts.tell(
            Matter.NOTICE_MISMATCH,
            ("channel_account", to.account_id),
            merchant_id=to.merchant_id,
            book=to.book,
            facts={"why": "other_account", "said": said.amount.amount, "currency": said.amount.currency},
        )
        return False
    return notices.accept(notices.addressee(payment), said, body)


def _refund(to: _To, said: RefundSaid, body: bytes) -> bool:
    payment = payment_of(to.account_id, said.channel_txn)
    if payment is None:
        return True
    addressee = notices.addressee(payment)
    evidence = evidence_of(payment, said)
    if Notice.objects.filter(account_id=to.account_id, key=said.key).exists():
        return True
    refund = _refund_named(said.request_no, payment) if said.request_no else None
    if refund is None:
        return _strange(addressee, said, evidence, body)
    if said.turn != refund.retries:
        # An earlier sending of it, whose end is known.
        return True
    if refund.money != said.amount:
        return notices.refuse(addressee, evidence, body, "other_amount")
    with transaction.atomic():
        refunds.conclude(refund.pk, RefundAnswer(said.state, said.code))
        notices.store(addressee, evidence, body, NoticeState.IGNORED, reason=f"refund.{said.state}")
        crash_point("notice.before_commit")
    return True


def _dispute(to: _To, said: DisputeSaid, body: bytes) -> bool:
    payment = payment_of(to.account_id, said.channel_txn)
    if payment is None or Notice.objects.filter(account_id=to.account_id, key=said.key).exists():
        return True
    addressee, evidence = notices.addressee(payment), evidence_of(payment, said)
    if said.amount.currency != payment.currency or not 0 < said.amount.amount <= payment.came.amount:
        return notices.refuse(addressee, evidence, body, "other_amount")
    with transaction.atomic():
        disputes.record(payment, said)
        notices.store(addressee, evidence, body, NoticeState.IGNORED, reason=f"dispute.{said.state}")
        crash_point("notice.before_commit")
    return True


def _strange(to: Addressee, said: RefundSaid, evidence: NoticeSaid, body: bytes) -> bool:
    """Money of ours went back, and not at our word: somebody refunded at the channel. A person must look."""
    with transaction.atomic():
        notices.store(to, evidence, body, NoticeState.IGNORED, reason="refund.strange")
        alerts.tell(
            Matter.REFUND_STRANGE,
            ("payment", to.payment_id),
            merchant_id=to.merchant_id,
            book=to.book,
            facts={"said": said.amount.amount, "currency": said.amount.currency, "state": str(said.state)},
        )
    return True


def payment_of(account_id: UUID, channel_txn: str) -> Payment | None:
    """The payment of this account that the channel's transaction paid."""
    return Payment.objects.filter(account_id=account_id, channel_txn=channel_txn).first()


def evidence_of(payment: Payment, said: RefundSaid | DisputeSaid) -> NoticeSaid:
    """A word about something else than the charge, as it is kept with the payment: it confirms nothing."""
    return NoticeSaid(
        key=said.key,
        reference=payment.reference,
        channel_txn=said.channel_txn,
        state=ChargeState.UNKNOWN,
        amount=said.amount,
        occurred_at=None,
        fields={"digest": said.digest.hex()},
    )


def _payment_named(reference: str) -> Payment | None:
    try:
        return Payment.objects.filter(pk=ids.decode("pay", reference)).first()
    except NotFound:
        return None


def _refund_named(request_no: str, payment: Payment) -> Refund | None:
    try:
        return Refund.objects.filter(pk=ids.decode("rfd", request_no), payment=payment).first()
    except NotFound:
        return None
