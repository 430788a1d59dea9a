"""What settlement tells the rest of the house. Payloads hold ids, states and figures; never a person's data.

Statements and payouts are the objects; each change of a payout's state is one event.
"""

from typing import Any

from kernel import ids
from kernel.books import Book
from outbox import Event

from .models import BankAccount, Payout, Statement
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
