"""Stripe's words in Keyway's: amounts, states, locales, codes that settle a matter."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from .base import Account, RefundState
from .news import DisputeState

# The version of the API whose shapes this adapter reads; the account's own default may be another.
API_VERSION = "2026-10-28.endive"

# Our numbers in the metadata of intents and refunds.
PAYMENT, REFUND, TURN = "keyway_payment", "keyway_refund", "keyway_turn"
MANDATE, OFF_SESSION = "keyway_mandate", "keyway_off_session"

# The bank wants the buyer to prove who they are, and the buyer is not there.
NEEDS_BUYER = "authentication_required"

# The shortest life of a Checkout page is 30 minutes from its making, however short the order's is, and the
# longest 24 hours; for an order that waits longer another page is opened then.
_SHORTEST_LIFE = timedelta(minutes=31)
LONGEST_LIFE = timedelta(hours=23)

# The smallest charge in minor units, for the currencies whose minor units are Stripe's own (JPY has none).
LEAST = {
    "USD": 50, "EUR": 50, "GBP": 30, "HKD": 400, "JPY": 50, "CNY": 400, "SGD": 50, "AUD": 50, "CAD": 50,
}  # fmt: skip
MOST = 99_999_999

LOCALES: Mapping[str, str] = {"zh-hans": "zh", "en": "en"}

REFUND_STATES: Mapping[str, RefundState] = {
    "pending": RefundState.PENDING,
    "requires_action": RefundState.PENDING,
    "succeeded": RefundState.SUCCEEDED,
    "failed": RefundState.FAILED,
    "canceled": RefundState.FAILED,
}
# A refund moves money without the buyer. Only these say that nothing moved; every other refusal is *unknown*.
# A refund above what is left is refused for its parameter `amount`, without a code.
REFUND_FAILED = frozenset(
    {
        *("charge_already_refunded", "charge_disputed", "charge_not_refundable", "amount_too_large"),
        *("amount_too_small", "insufficient_funds", "payment_intent_unexpected_state", "param:amount"),
    }
)
DISPUTE_STATES: Mapping[str, DisputeState] = {
    "warning_needs_response": DisputeState.INQUIRY,
    "warning_under_review": DisputeState.INQUIRY,
    "warning_closed": DisputeState.CLOSED,
    "prevented": DisputeState.CLOSED,
    "needs_response": DisputeState.NEEDS_RESPONSE,
    "under_review": DisputeState.UNDER_REVIEW,
    "won": DisputeState.WON,
    "lost": DisputeState.LOST,
}

_FORBIDDEN = re.compile(r"[\x00-\x1f\x7f]")


def title(text_: str) -> str:
    """A name for the one line of the page: no control signs, at most 250 characters, never empty."""
    return " ".join(_FORBIDDEN.sub(" ", text_).split())[:250] or "Keyway"


def text(row: Mapping[str, Any], name: str) -> str:
    """A field that is a text; empty where it is missing or something else."""
    value = row.get(name)
    return value if isinstance(value, str) else ""


def metadata(row: Mapping[str, Any]) -> Mapping[str, Any]:
    """What was written on the object."""
    found = row.get("metadata")
    return found if isinstance(found, dict) else {}


def turn(row: Mapping[str, Any]) -> int:
    """Which sending of a refund an object is: one that failed is sent again as another."""
    said = metadata(row).get(TURN, "0")
    return int(said) if isinstance(said, str) and re.fullmatch(r"[0-9]{1,3}", said, re.ASCII) else 0


def failure(intent: Mapping[str, Any]) -> tuple[str, str]:
    """The code and the words of the last card that was refused; the bank's own code where it gave one."""
    error = intent.get("last_payment_error")
    if not isinstance(error, dict):
        return "", ""
    return text(error, "decline_code") or text(error, "code"), text(error, "message")[:200]


def is_off_session(intent: Mapping[str, Any]) -> bool:
    """Whether an intent is a charge by mandate, and not one that a Checkout page made."""
    return metadata(intent).get(OFF_SESSION) == "1"


def charged_at(intent: Mapping[str, Any]) -> datetime | None:
    """When the money of an intent moved, where its charge is told with it."""
    found = intent.get("latest_charge")
    seconds = found.get("created") if isinstance(found, dict) else None
    return datetime.fromtimestamp(seconds, UTC) if type(seconds) is int else None


def page_ends(ends: datetime) -> int:
    """When a Checkout page ends that serves until `ends`, in seconds; not too soon for Stripe."""
    return int((ends + _SHORTEST_LIFE).timestamp())


def is_live(account: Account) -> bool:
    """Whether the account's key moves real money."""
    return "_live_" in account.secrets.get("api_key", "")[:8]
