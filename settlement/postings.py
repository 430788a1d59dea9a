"""Business fact → ledger legs. Pure.

Debit is positive, credit negative:

reserved   merchant +amount (guarded, dated just after the close), payout_transit −amount
paid       payout_transit +amount, bank −amount
bounced    paid, reversed: the receiving bank sent it back
released   reserved, reversed: the merchant has it again, from now on
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from kernel import ids
from kernel.actors import Actor
from kernel.books import Book
from ledger.legs import AccountKey, Leg, Posting
from ledger.purposes import OwnerKind, Purpose

RESERVED = "payout.reserved"
PAID = "payout.paid"
BOUNCED = "payout.bounced"
RELEASED = "payout.released"


def merchant_account(merchant_id: UUID, currency: str, book: Book) -> AccountKey:
    """What the merchant has coming."""
    return AccountKey(OwnerKind.MERCHANT, merchant_id, Purpose.MERCHANT, currency, book)


@dataclass(frozen=True, slots=True)
class Move:
    """Money of a payout, moving. `amount` in minor units; `occurred_at` on the merchant's clock."""

    payout_id: UUID
    statement_id: UUID
    merchant_id: UUID
    currency: str
    book: Book
    amount: int
    occurred_at: datetime
    actor: Actor

    def reference(self, kind: str) -> str:
        """The name of this payout's posting of a kind; each is posted once, ever."""
        return f"payout:{ids.encode('po', self.payout_id)}:{kind.partition('.')[2]}"

    @property
    def merchant(self) -> AccountKey:
        """Where the money comes from."""
        return merchant_account(self.merchant_id, self.currency, self.book)

    @property
    def transit(self) -> AccountKey:
        """Where it waits until the bank has said that it arrived."""
        return AccountKey(
            OwnerKind.MERCHANT, self.merchant_id, Purpose.PAYOUT_TRANSIT, self.currency, self.book
        )

    @property
    def bank(self) -> AccountKey:
        """The platform's own money at the bank."""
        return AccountKey(OwnerKind.PLATFORM, None, Purpose.BANK, self.currency, self.book)


def reserved(move: Move, *, available_at: datetime) -> Posting:
    """A payout is drafted: its money leaves the balance, at `available_at`, and waits."""
    legs = [
        Leg(move.merchant, move.amount, available_at, guarded=True),
        Leg(move.transit, -move.amount),
    ]
    return _posting(RESERVED, move, legs)


def paid(move: Move) -> Posting:
    """The bank has paid it out of the platform's money."""
    return _posting(PAID, move, [Leg(move.transit, move.amount), Leg(move.bank, -move.amount)])


def bounced(move: Move, *, reverses: UUID) -> Posting:
    """What was paid came back to the platform. `reverses` is the posting of its payment."""
    legs = [Leg(move.bank, move.amount), Leg(move.transit, -move.amount)]
    return _posting(BOUNCED, move, legs, reverses=reverses)


def released(move: Move, *, reverses: UUID) -> Posting:
    """The merchant has the money again. `reverses` is what had set it aside."""
    legs = [Leg(move.transit, move.amount), Leg(move.merchant, -move.amount)]
    return _posting(RELEASED, move, legs, reverses=reverses)


def _posting(kind: str, move: Move, legs: list[Leg], *, reverses: UUID | None = None) -> Posting:
    return Posting(
        reference=move.reference(kind),
        kind=kind,
        subject=("payout", move.payout_id),
        legs=legs,
        occurred_at=move.occurred_at,
        actor=move.actor,
        book=move.book,
        facts={"statement": ids.encode("stm", move.statement_id)},
        reverses=reverses,
    )
