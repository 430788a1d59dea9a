"""Notices: what channels send us by themselves.

The order of checks is that of `docs/notices.md`. What is refused changes nothing; a repeat of what was
applied gets the same reply at any age. The reply says yes or no and nothing else.
"""

import logging
from dataclasses import dataclass
from uuid import UUID

from django.db import DatabaseError, IntegrityError, transaction

import outbox
import vault
from kernel import clock, ids
from kernel.crash import crash_point
from kernel.errors import Problem
from prepared import together

from .. import events, sql
from ..channels.base import ChargeState
from ..channels.news import NoticeRefused, NoticeRequest, NoticeSaid, Reply
from ..models import Notice, Payment
from ..states import AttemptState, NoticeState
from . import accounts, alerts, confirmations, unverified
from .alerts import Matter
from .verdicts import Told

CONTEXT = "payments.notice.body"
UNKNOWN_TOKEN = Reply(404, b"fail")

_logger = logging.getLogger(__name__)

_PAYMENT = sql.Statement("""
SELECT p.id, p.account_id, p.merchant_id, p.book, p.amount, p.currency, p.state, p.channel_txn,
    a.channel, a.label, a.version
FROM payments_payment p JOIN payments_channelaccount a ON a.id = p.account_id
WHERE p.notify_token = %(token)s
""")
# A row is one message, whole: another word under the same key is a row of its own. The same message again
# finds its row, and may be judged anew unless it was applied.
_STORE = sql.Statement("""
INSERT INTO payments_notice (id, account_id, payment_id, asked, key, digest, said, channel_txn, amount,
    currency, occurred_at, body, state, reason, tries, received_at)
VALUES (%(id)s, %(account)s, %(payment)s, %(asked)s, %(key)s, %(digest)s, %(said)s, %(txn)s, %(amount)s,
    %(currency)s, %(occurred_at)s, %(body)s, %(state)s, %(reason)s, 0, %(now)s)
ON CONFLICT (account_id, key, digest) DO UPDATE SET state = EXCLUDED.state, reason = EXCLUDED.reason
    WHERE payments_notice.state <> 'applied' AND EXCLUDED.state <> payments_notice.state
""")
_PROCESSING = sql.Statement("""
UPDATE payments_order o SET payment_state = 'processing' FROM payments_payment p
WHERE p.id = %(payment)s AND o.id = p.order_id AND o.payment_state = 'pending' RETURNING o.id
""")
_ASK_SOON = sql.Statement(
    "UPDATE payments_payment SET next_query_at = %(now)s WHERE id = %(payment)s AND next_query_at > %(now)s"
)


@dataclass(frozen=True, slots=True)
class Addressee:
    """The payment whose token stands in the address."""

    payment_id: UUID
    account_id: UUID
    merchant_id: UUID
    book: str
    amount: int
    currency: str
    state: str
    channel_txn: str

    @property
    def reference(self) -> str:
        """Our number for it at the channel."""
        return ids.encode("pay", self.payment_id)


def take(token: str, request: NoticeRequest) -> Reply:
    """Take one notification, addressed to a payment's token. Gives the channel's literal reply.

    Raises only when the database cannot keep it; the channel then gets no success and repeats it.
    """
    found = _PAYMENT.rows({"token": token})
    if not found:
        return UNKNOWN_TOKEN
    *columns, channel, label, version = found[0]
    to = Addressee(*columns)
    till = accounts.till_at(to.account_id, channel, label, version)
    try:
        said = till.channel.read_notice(till.account, request)
    except NoticeRefused as refusal:
        why = str(refusal.context.get("why", ""))
        unverified.keep(to.account_id, to.merchant_id, to.book, to.payment_id, request, why=why)
        return till.channel.acknowledge(accepted=False)
    crash_point("notice.after_verify")
    # What is not about a charge comes to the account's own address (`account_notices`).
    accepted = isinstance(said, NoticeSaid) and accept(to, said, request.body)
    return till.channel.acknowledge(accepted=accepted)


def accept(to: Addressee, said: NoticeSaid, body: bytes) -> bool:
    """Whether the channel may stop repeating this."""
    if said.reference != to.reference:
        return refuse(to, said, body, "other_reference")
    if to.state == AttemptState.SUCCEEDED and to.channel_txn == said.channel_txn:
        return True
    if said.state is not ChargeState.SUCCEEDED:
        return _ignore(to, said, body)
    return _confirm(to, said, body)


def _confirm(to: Addressee, said: NoticeSaid, body: bytes) -> bool:
    """Confirm at once. Where the database cannot do that now, keep the notice for the sweep."""
    told = Told(ids.new(), to.payment_id, said.channel_txn, said.amount, said.occurred_at)
    try:
        with together():
            verdict = confirmations.confirm_told([told])[told.notice_id]
            store(to, said, body, verdict.notice_state, notice_id=told.notice_id, reason=verdict)
            crash_point("notice.before_commit")
    except (DatabaseError, Problem) as error:
        if isinstance(error, IntegrityError) and "payment_txn_once" in str(error):
            return refuse(to, said, body, "txn_used")
        _logger.exception("A genuine notice waits for the sweep: %s", to.reference)
        _keep(to, said, body)
        return True
    crash_point("notice.after_commit")
    return verdict.notice_state is not NoticeState.REFUSED


def store(
    to: Addressee,
    said: NoticeSaid,
    body: bytes,
    state: NoticeState,
    *,
    notice_id: UUID | None = None,
    reason: str = "",
    asked: bool = False,
) -> None:
    """Write the evidence, once a message, in the caller's transaction."""
    key = notice_id or ids.new()
    sealed = vault.seal(to.merchant_id, body, context=CONTEXT, row=key)
    _STORE.send(
        {
            "id": key,
            "account": to.account_id,
            "payment": to.payment_id,
            "asked": asked,
            "key": said.key,
            "digest": said.digest,
            "said": said.state,
            "txn": said.channel_txn,
            "amount": said.amount.amount,
            "currency": said.amount.currency,
            "occurred_at": said.occurred_at,
            "body": sealed,
            "state": state,
            "reason": reason,
            "now": clock.now(),
        }
    )


def _keep(to: Addressee, said: NoticeSaid, body: bytes) -> None:
    """Store a success that could not be confirmed; its order waits for it and does not expire meanwhile."""
    with transaction.atomic():
        for (order_id,) in _PROCESSING.rows({"payment": to.payment_id}):
            outbox.emit([events.of_order(events.ORDER_PROCESSING, order_id, to.merchant_id, to.book)])
        store(to, said, body, NoticeState.RECEIVED)


def _ignore(to: Addressee, said: NoticeSaid, body: bytes) -> bool:
    """Nothing is confirmed or closed by another word; but a charge that ended is asked about at once."""
    with transaction.atomic():
        if said.state is not ChargeState.PENDING:
            _ASK_SOON.run({"now": clock.now(), "payment": to.payment_id})
        store(to, said, body, NoticeState.IGNORED, reason=said.state)
    return True


def refuse(to: Addressee, said: NoticeSaid, body: bytes, why: str, *, asked: bool = False) -> bool:
    """Genuine, and not what our row says: kept, told, and nothing else. Gives False: not accepted."""
    with transaction.atomic():
        store(to, said, body, NoticeState.REFUSED, reason=why, asked=asked)
        alerts.tell(
            Matter.NOTICE_MISMATCH,
            ("payment", to.payment_id),
            merchant_id=to.merchant_id,
            book=to.book,
            facts={"why": why, "said": said.amount.amount, "currency": said.amount.currency},
        )
    return False


def addressee(payment: Payment) -> Addressee:
    """The payment as a notice is addressed to it."""
    return Addressee(
        payment_id=payment.pk,
        account_id=payment.account_id,
        merchant_id=payment.merchant_id,
        book=payment.book,
        amount=payment.came.amount,
        currency=payment.currency,
        state=payment.state,
        channel_txn=payment.channel_txn,
    )


def body_of(notice: Notice) -> bytes:
    """The raw message, opened. Who shows it to a person writes down that it was shown."""
    return vault.open(notice.payment.merchant_id, notice.body, context=CONTEXT, row=notice.pk)
