"""What a merchant's own affairs tell the rest of the house. Payloads hold ids and words, no person's data."""

from typing import Any
from uuid import UUID

import webhooks
from kernel import ids
from kernel.books import Book
from kernel.errors import said
from outbox import Event
from webhooks import Topic

from .models import Coupon
from .roles import Role

MEMBER_INVITED = "member.invited"
COUPON_CREATED = "coupon.created"
COUPON_CHANGED = "coupon.changed"


def invited(invitation_id: UUID, merchant_id: UUID, role: Role) -> Event:
    """Somebody was offered a role; the letter about it is written by who hears of this."""
    payload = {"invitation": ids.encode("inv", invitation_id), "role": str(role)}
    return Event(MEMBER_INVITED, ("invitation", invitation_id), merchant_id, Book.LIVE, payload)


def of_coupon(topic: str, coupon: Coupon) -> Event:
    """Something that happened to a coupon. Its codes are money to who reads them, and stay inside."""
    payload: dict[str, Any] = {
        "coupon": coupon.key,
        "status": coupon.status,
        "kind": coupon.kind,
        "carrier": coupon.carrier,
        "used": coupon.used,
        "most_uses": coupon.most_uses,
    }
    return Event(topic, ("coupon", coupon.pk), coupon.merchant_id, Book(coupon.book), payload)


_COUPON = {
    "coupon": said("The coupon."),
    "status": said("How it stands: active, paused or ended."),
    "kind": said("How it lowers a price: fixed, percentage or spend_and_save."),
    "carrier": said("Who goes without the discount: merchant or platform."),
    "used": said("How often it is used now."),
    "most_uses": said("How often it may be used in all; null: no limit."),
}
webhooks.publish(
    Topic(COUPON_CREATED, said("A coupon was made."), _COUPON),
    Topic(COUPON_CHANGED, said("A coupon was changed, paused, resumed or ended."), _COUPON),
)
