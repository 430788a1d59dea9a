"""Stripe's events: verified to the letter, then read. Nothing is believed before its signature fits.

Events come to the account's own address, unordered and more than once. What is not ours, although it is
genuine, is put aside: a merchant may use the same account elsewhere.
"""

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import stripe

from kernel import clock
from kernel.errors import said
from kernel.money import Money

from . import stripe_terms as terms
from .base import Account, ChargeState, MandateState, RefundState
from .news import Aside, DisputeSaid, MandateTold, NoticeRefused, NoticeRequest, NoticeSaid, RefundSaid, Said

TOLERANCE_SECONDS = 300
_MAX_HEADER = 2_000
_TIMESTAMP = re.compile(r"(?:^|,)t=([0-9]{1,12})(?:,|$)", re.ASCII)
_EVENT = re.compile(r"evt_[A-Za-z0-9_]{8,100}", re.ASCII)
_PAYMENT = re.compile(r"pay_[0-9a-z]{26}", re.ASCII)
_REFUND = re.compile(r"rfd_[0-9a-z]{26}", re.ASCII)
_MANDATE = re.compile(r"mnd_[0-9a-z]{26}", re.ASCII)
_NAME = re.compile(r"[a-z]{2,6}_[A-Za-z0-9_]{6,58}", re.ASCII)
_CURRENCY = re.compile(r"[a-z]{3}", re.ASCII)

Event = dict[str, Any]


def read(account: Account, request: NoticeRequest, *, max_bytes: int) -> Said:
    """What a genuine event to this account says. Raises NoticeRefused for every other."""
    if len(request.body) > max_bytes:
        raise NoticeRefused(why=said("it is too large"))
    if request.content_type.split(";")[0].strip().lower() != "application/json":
        raise NoticeRefused(why=said("it is not JSON"))
    _check_signature(account, request)
    event = _parsed(request.body)
    _check_addressee(account, event)
    item = event.get("data", {}).get("object") if isinstance(event.get("data"), dict) else None
    if not isinstance(item, dict):
        raise NoticeRefused(why=said("it is not in the agreed form"))
    reader = _READERS.get(event["type"])
    return reader(event, item, request.body) if reader is not None else Aside(event["id"])


def _check_signature(account: Account, request: NoticeRequest) -> None:
    header = next((v for name, v in request.headers.items() if name.lower() == "stripe-signature"), "")
    secrets = [account.secrets.get(name, "") for name in ("webhook_secret", "webhook_secret_old")]
    if len(header) > _MAX_HEADER or not any(_fits(request.body, header, each) for each in secrets if each):
        raise NoticeRefused(why=said("its signature does not fit"))
    # The library reads the time leniently, and does not mind one that lies ahead.
    times = _TIMESTAMP.findall(header)
    if len(times) != 1 or header.count("t=") != 1:
        raise NoticeRefused(why=said("its signature does not fit"))
    if abs(clock.now().timestamp() - int(times[0])) > TOLERANCE_SECONDS:
        raise NoticeRefused(why=said("it is too old"))


def _fits(body: bytes, header: str, secret: str) -> bool:
    try:
        return bool(stripe.WebhookSignature.verify_header(body, header, secret, None))
    except (stripe.SignatureVerificationError, UnicodeError):
        return False


def _parsed(body: bytes) -> Event:
    try:
        event = json.loads(body, object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        raise NoticeRefused(why=said("it is not JSON")) from error
    if not isinstance(event, dict) or event.get("object") != "event":
        raise NoticeRefused(why=said("it is not in the agreed form"))
    if not _EVENT.fullmatch(terms.text(event, "id")) or not terms.text(event, "type"):
        raise NoticeRefused(why=said("its numbers are not in the agreed form"))
    if type(event.get("created")) is not int:
        raise NoticeRefused(why=said("it is not in the agreed form"))
    return event


def _check_addressee(account: Account, event: Event) -> None:
    if event.get("livemode") is not terms.is_live(account):
        raise NoticeRefused(why=said("it is of another mode than the account"))
    # Events of accounts that are connected to this one name them.
    if event.get("account") not in (None, account.settings.get("account_id")):
        raise NoticeRefused(why=said("it is meant for another account"))


def _session(event: Event, item: Event, body: bytes) -> Said:
    """A Checkout session. Complete is not paid: a debit may still be on its way."""
    reference = terms.text(item, "client_reference_id")
    if item.get("mode") == "setup" and _MANDATE.fullmatch(reference):
        return MandateTold(event["id"], reference, terms.text(item, "id"), MandateState.UNKNOWN)
    if not _PAYMENT.fullmatch(reference) or item.get("object") != "checkout.session":
        return Aside(event["id"])
    state = _SESSION_STATES[event["type"]]
    if item.get("payment_status") == "paid":
        state = ChargeState.SUCCEEDED
    elif state is ChargeState.SUCCEEDED:
        state = ChargeState.PENDING
    txn = terms.text(item, "payment_intent")
    if state is ChargeState.SUCCEEDED and not _NAME.fullmatch(txn):
        raise NoticeRefused(why=said("its numbers are not in the agreed form"))
    return NoticeSaid(
        key=event["id"],
        reference=reference,
        channel_txn=txn if _NAME.fullmatch(txn) else "",
        state=state,
        amount=_money(item, "amount_total"),
        occurred_at=_moment(event["created"]),
        fields={"type": event["type"], "body": hashlib.sha256(body).hexdigest()},
    )


def _intent(event: Event, item: Event, body: bytes) -> Said:
    """A charge by mandate. What a Checkout page charges is told by the page."""
    reference = terms.metadata(item).get(terms.PAYMENT, "")
    if not terms.is_off_session(item) or not isinstance(reference, str) or not _PAYMENT.fullmatch(reference):
        return Aside(event["id"])
    txn, state = terms.text(item, "id"), _INTENT_STATES[event["type"]]
    if item.get("object") != "payment_intent" or not _NAME.fullmatch(txn):
        raise NoticeRefused(why=said("its numbers are not in the agreed form"))
    if state is ChargeState.SUCCEEDED and item.get("status") != "succeeded":
        state = ChargeState.UNKNOWN
    return NoticeSaid(
        key=event["id"],
        reference=reference,
        channel_txn=txn,
        state=state,
        amount=_money(item, "amount_received" if state is ChargeState.SUCCEEDED else "amount"),
        occurred_at=_moment(event["created"]),
        fields={"type": event["type"], "body": hashlib.sha256(body).hexdigest()},
    )


def _detached(event: Event, item: Event, _body: bytes) -> Said:
    """A card that Stripe has forgotten, at our word or at somebody else's."""
    name = terms.text(item, "id")
    if item.get("object") != "payment_method" or not _NAME.fullmatch(name):
        return Aside(event["id"])
    return MandateTold(event["id"], "", name, MandateState.ENDED)


def _refund(event: Event, item: Event, body: bytes) -> Said:
    """A refund: one of ours, or one that somebody made at Stripe."""
    txn = terms.text(item, "payment_intent")
    if item.get("object") != "refund" or not _NAME.fullmatch(txn):
        return Aside(event["id"])
    number = terms.metadata(item).get(terms.REFUND, "")
    return RefundSaid(
        key=event["id"],
        request_no=number if isinstance(number, str) and _REFUND.fullmatch(number) else "",
        channel_txn=txn,
        state=terms.REFUND_STATES.get(terms.text(item, "status"), RefundState.UNKNOWN),
        amount=_money(item, "amount"),
        code=terms.text(item, "failure_reason")[:64],
        digest=hashlib.sha256(body).digest(),
        turn=terms.turn(item),
    )


def _dispute(event: Event, item: Event, body: bytes) -> Said:
    """A dispute, whole: each event carries all that has happened to it so far."""
    txn, name = terms.text(item, "payment_intent"), terms.text(item, "id")
    state = terms.DISPUTE_STATES.get(terms.text(item, "status"))
    if item.get("object") != "dispute" or not _NAME.fullmatch(txn) or state is None:
        return Aside(event["id"])
    if not _NAME.fullmatch(name):
        raise NoticeRefused(why=said("its numbers are not in the agreed form"))
    amount = _money(item, "amount")
    moved = [row for row in item.get("balance_transactions") or [] if isinstance(row, dict)]
    amounts = [row["amount"] for row in moved if type(row.get("amount")) is int]
    fees = [row["fee"] for row in moved if type(row.get("fee")) is int]
    paid_in = next((row["currency"] for row in moved if _CURRENCY.fullmatch(terms.text(row, "currency"))), "")
    details = item.get("evidence_details")
    due = details.get("due_by") if isinstance(details, dict) else None
    return DisputeSaid(
        key=event["id"],
        dispute=name,
        channel_txn=txn,
        state=state,
        amount=amount,
        reason=terms.text(item, "reason")[:40],
        due_by=_moment(due) if type(due) is int and due > 0 else None,
        # In the account's own currency these figures are others; what was disputed is not.
        taken=amount.amount if any(each < 0 for each in amounts) else 0,
        returned=amount.amount if any(each > 0 for each in amounts) else 0,
        fee=Money(sum(fees), paid_in.upper() or amount.currency),
        movements=len(moved),
        occurred_at=_moment(event["created"]),
        digest=hashlib.sha256(body).digest(),
    )


_SESSION_STATES: Mapping[str, ChargeState] = {
    "checkout.session.completed": ChargeState.SUCCEEDED,
    "checkout.session.async_payment_succeeded": ChargeState.SUCCEEDED,
    "checkout.session.async_payment_failed": ChargeState.FAILED,
    "checkout.session.expired": ChargeState.CLOSED,
}
# A refused try of an intent may be followed by another: the question about it says how it ended.
_INTENT_STATES: Mapping[str, ChargeState] = {
    "payment_intent.succeeded": ChargeState.SUCCEEDED,
    "payment_intent.payment_failed": ChargeState.UNKNOWN,
    "payment_intent.canceled": ChargeState.UNKNOWN,
}
_READERS: Mapping[str, Callable[[Event, Event, bytes], Said]] = {
    **dict.fromkeys(_INTENT_STATES, _intent),
    "payment_method.detached": _detached,
    **dict.fromkeys(_SESSION_STATES, _session),
    **dict.fromkeys(("refund.created", "refund.updated", "refund.failed", "charge.refund.updated"), _refund),
    **dict.fromkeys(
        (
            *("charge.dispute.created", "charge.dispute.updated", "charge.dispute.closed"),
            *("charge.dispute.funds_withdrawn", "charge.dispute.funds_reinstated"),
        ),
        _dispute,
    ),
}


def _money(item: Event, name: str) -> Money:
    amount, currency = item.get(name), terms.text(item, "currency")
    if type(amount) is not int or amount < 0 or not _CURRENCY.fullmatch(currency):
        raise NoticeRefused(why=said("its amount is not in the agreed form"))
    return Money(amount, currency.upper())


def _moment(seconds: int) -> datetime:
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, OSError, ValueError) as error:
        raise NoticeRefused(why=said("it is not in the agreed form")) from error


def _once(pairs: list[tuple[str, Any]]) -> Event:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name came twice")
    return found
