"""Disputes → ledger legs. Pure, and unguarded: what a channel takes, it has taken.

held       merchant +amount, dispute_hold −amount: the money is the merchant's no longer, and nobody's yet
returned   held, reversed: the dispute was won
gone       dispute_hold +amount, channel_receivable −amount: lost, the channel owes that much less
recovered  channel_receivable +amount, merchant −amount: it was lost, and came back after all
fee        merchant +fee (channel_fee +fee, where the platform bears it), channel_receivable −fee; reversed
           where the channel gives a part of it back

The merchant's legs carry the time of the sale's money, so that a sale pays for its own dispute first.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from kernel import ids
from kernel.actors import Actor
from kernel.money import Money
from ledger.legs import AccountKey, Posting

from .postings import Books, legs_of

HELD = "dispute.held"
RETURNED = "dispute.returned"
GONE = "dispute.gone"
RECOVERED = "dispute.recovered"
FEE = "dispute.fee"


@dataclass(frozen=True, slots=True)
class Disputed:
    """Whose money is disputed, and when it may be used."""

    dispute_id: UUID
    payment_id: UUID
    books: Books
    amount: int
    merchant_bears_fee: bool
    available_at: datetime
    occurred_at: datetime
    actor: Actor

    def reference(self, kind: str) -> str:
        """The name of the posting of a kind: there is one of each."""
        return f"dispute:{ids.encode('dsp', self.dispute_id)}:{kind.partition('.')[2]}"


def held(of: Disputed) -> Posting:
    """The channel has taken the money."""
    return _posting(HELD, of, [(of.books.merchant, of.amount), (of.books.dispute_hold, -of.amount)])


def returned(of: Disputed, *, reverses: UUID) -> Posting:
    """The channel has given it back. `reverses` is what had held it."""
    legs = [(of.books.merchant, -of.amount), (of.books.dispute_hold, of.amount)]
    return _posting(RETURNED, of, legs, reverses=reverses)


def gone(of: Disputed) -> Posting:
    """The dispute is lost: what was held is what the channel owes less."""
    return _posting(GONE, of, [(of.books.dispute_hold, of.amount), (of.books.receivable, -of.amount)])


def recovered(of: Disputed) -> Posting:
    """It was lost, and the channel gave it back after all."""
    return _posting(RECOVERED, of, [(of.books.receivable, of.amount), (of.books.merchant, -of.amount)])


def fee(of: Disputed, change: Money, movements: int) -> Posting:
    """The channel has charged for it, or given a part of that back. `movements` tells one from another."""
    books = Books(of.books.merchant_id, of.books.account_id, change.currency, of.books.book)
    bearer = books.merchant if of.merchant_bears_fee else books.channel_fee
    legs = [(bearer, change.amount), (books.receivable, -change.amount)]
    return _posting(FEE, of, legs, books=books, number=f":{movements}")


def _posting(
    kind: str,
    of: Disputed,
    legs: list[tuple[AccountKey, int]],
    *,
    books: Books | None = None,
    number: str = "",
    reverses: UUID | None = None,
) -> Posting:
    return Posting(
        reference=of.reference(kind) + number,
        kind=kind,
        subject=("dispute", of.dispute_id),
        legs=legs_of(legs, (books or of.books).merchant, of.available_at, guarded=False),
        occurred_at=of.occurred_at,
        actor=of.actor,
        book=of.books.book,
        facts={"payment": ids.encode("pay", of.payment_id)},
        reverses=reverses,
    )
