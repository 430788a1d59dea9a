"""What settlement tells the rest of the house. Payloads hold ids, states and figures; never a person's data.

Statements and payouts are the objects; each change of a payout's state is one event.
"""

from typing import Any

import webhooks
from kernel import ids
from kernel.books import Book
from kernel.errors import said
from outbox import Event
from webhooks import Topic

from .models import BankAccount, Payout, Statement
from .models.statement import SUMS
from .states import PayoutState

STATEMENT_CLOSED = "statement.closed"
BANK_ACCOUNT_ADDED = "bank_account.added"
BANK_ACCOUNT_CONFIRMED = "bank_account.confirmed"
BANK_ACCOUNT_RETIRED = "bank_account.retired"
PAYOUT_TOPICS = {state: f"payout.{state}" for state in PayoutState}


def of_statement(statement: Statement) -> Event:
    """A period is over and its figures stand."""
    payload = {
        "statement": statement.key,
        "number": statement.number,
        "currency": statement.currency,
        "from": statement.previous.isoformat() if statement.previous else None,
        "upto": statement.upto.isoformat(),
        **{name: money.amount for name, money in statement.figures},
    }
    subject = ("statement", statement.pk)
    return Event(STATEMENT_CLOSED, subject, statement.merchant_id, Book(statement.book), payload)


def of_payout(payout: Payout) -> Event:
    """A payout has entered the state that it is in."""
    payload: dict[str, Any] = {
        "payout": payout.key,
        "statement": ids.encode("stm", payout.statement_id),
        "amount": payout.amount,
        "currency": payout.currency,
        "state": payout.state,
        "code": payout.code,
    }
    topic = PAYOUT_TOPICS[PayoutState(payout.state)]
    return Event(topic, ("payout", payout.pk), payout.merchant_id, Book(payout.book), payload)


def of_bank_account(topic: str, account: BankAccount) -> Event:
    """Where a merchant is paid is about to change, or has changed."""
    payload = {"bank_account": account.key, "currency": account.currency, "last_four": account.last_four}
    return Event(topic, ("bank_account", account.pk), account.merchant_id, Book(account.book), payload)


# The public ones, and what their `data` holds. Who approved is the operator's affair, and stays inside.
_STATEMENT = {
    "statement": said("The statement."),
    "number": said("Its number, for people."),
    "currency": said("The currency, by ISO 4217."),
    "from": said("Where the period begins."),
    "upto": said("Where the period ends."),
    "opening": said("The balance before it, in minor units."),
    **dict.fromkeys(SUMS, said("What came or went under this name, in minor units.")),
    "closing": said("The balance after it, in minor units."),
}
_PAYOUT = {
    "payout": said("The payout."),
    "statement": said("The statement that it pays."),
    "amount": said("How much, in minor units."),
    "currency": said("The currency, by ISO 4217."),
    "state": said("How it stands."),
    "code": said("What the bank said, where it refused."),
}
_TOLD = {
    PayoutState.DRAFTED: said("Money is set aside for a payout."),
    PayoutState.SENT: said("The bank has been asked to pay out."),
    PayoutState.UNKNOWN: said("The bank has not said how the payout stands; it is asked."),
    PayoutState.PAID: said("The payout is with your bank."),
    PayoutState.RETURNED: said("Your bank sent the payout back; the money is in your balance."),
    PayoutState.FAILED: said("The bank refused the payout; the money is in your balance."),
    PayoutState.REJECTED: said("The payout was not approved; the money is in your balance."),
    PayoutState.CANCELLED: said("The payout was called off; the money is in your balance."),
}

webhooks.publish(
    Topic(STATEMENT_CLOSED, said("A period is over and its statement stands."), _STATEMENT),
    *(Topic(PAYOUT_TOPICS[state], sentence, _PAYOUT) for state, sentence in _TOLD.items()),
)
