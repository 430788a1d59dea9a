"""What a merchant's own affairs tell the rest of the house. Payloads hold ids and words, no person's data."""

from uuid import UUID

from kernel import ids
from kernel.books import Book
from outbox import Event

from .roles import Role

MEMBER_INVITED = "member.invited"


def invited(invitation_id: UUID, merchant_id: UUID, role: Role) -> Event:
    """Somebody was offered a role; the letter about it is written by who hears of this."""
    payload = {"invitation": ids.encode("inv", invitation_id), "role": str(role)}
    return Event(MEMBER_INVITED, ("invitation", invitation_id), merchant_id, Book.LIVE, payload)
