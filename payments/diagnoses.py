"""Why an order is not paid, in one answer: what happened, and what can be done. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from kernel.errors import said

from .failure_words import ADVICE
from .models import Order, Payment
from .states import OPEN_ATTEMPTS, PaymentState

_NEVER_TRIED = said("The buyer never chose a way to pay.")
_CANCELLED = said("The buyer called the order off.")
_WAITS = said("The buyer can still pay: it waits for them.")
_CONFIRMING = said("The channel says that it was paid; we are confirming it.")
_NOTHING = said("Nothing to do.")
_AGAIN = said("The keys are back on the shelf. The buyer can order again.")


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """Two sentences in English, which faces translate."""

    said: str
    advice: str


def diagnose(order: Order, attempts: Sequence[Payment]) -> Diagnosis | None:
    """Why the order is not paid; None when it is. `attempts` are in the order in which they were made."""
    if order.paid_at is not None:
        return None
    if order.payment_state == PaymentState.PROCESSING:
        return Diagnosis(_CONFIRMING, _NOTHING)
    # The last attempt that says something of its own: what replaced it says more than that it was replaced.
    failures = [attempt.failure for attempt in reversed(attempts) if attempt.failure]
    if order.payment_state == PaymentState.PENDING:
        is_open = any(attempt.state in OPEN_ATTEMPTS for attempt in attempts)
        if is_open or not failures:
            failures = [one.failure for one in attempts if one.state in OPEN_ATTEMPTS and one.failure]
        if not failures:
            return Diagnosis(_WAITS, _NOTHING)
        return Diagnosis(failures[0].sentence, ADVICE[failures[0]])
    if not attempts:
        return Diagnosis(_NEVER_TRIED, _AGAIN)
    if order.payment_state == PaymentState.CANCELLED and not failures:
        return Diagnosis(_CANCELLED, _AGAIN)
    if not failures:
        return Diagnosis(_NEVER_TRIED, _AGAIN)
    return Diagnosis(failures[0].sentence, ADVICE[failures[0]])
