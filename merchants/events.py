"""What a merchant's own affairs tell the rest of the house. Payloads hold ids and words, no person's data."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import webhooks
from kernel import ids
from kernel.books import Book
from kernel.errors import said
from outbox import Event
from webhooks import Topic

from .models import Coupon, Plan
from .roles import Role

MEMBER_INVITED = "member.invited"
COUPON_CREATED = "coupon.created"
COUPON_CHANGED = "coupon.changed"
COUPON_USED_UP = "coupon.used_up"
PLAN_PUBLISHED = "plan.published"
PLAN_ARCHIVED = "plan.archived"
ENTITLEMENT_GRANTED = "entitlement.granted"
ENTITLEMENT_REVOKED = "entitlement.revoked"


@dataclass(frozen=True, slots=True)
class Standing:
    """An entitlement as it stands when something is told of it. Times are on the merchant's clock."""

    id: UUID
    merchant_id: UUID
    book: str
    product_id: UUID
    subscription_id: UUID | None
    quantity: int
    starts_at: datetime
    ends_at: datetime


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


def of_plan(topic: str, plan: Plan, book: str, version_id: UUID | None) -> Event:
    """Something that happened to a plan; `version_id`: what is sold of it from now on."""
    payload = {
        "plan": plan.key,
        "product": ids.encode("prd", plan.product_id),
        "version": ids.encode("plv", version_id) if version_id else None,
    }
    return Event(topic, ("plan", plan.pk), plan.merchant_id, Book(book), payload)


def of_entitlement(topic: str, standing: Standing) -> Event:
    """Something that happened to an entitlement. Its key opens it, and stays inside."""
    subscription = standing.subscription_id
    payload = {
        "entitlement": ids.encode("ent", standing.id),
        "product": ids.encode("prd", standing.product_id),
        "subscription": ids.encode("sub", subscription) if subscription else None,
        "quantity": standing.quantity,
        "starts_at": standing.starts_at.isoformat(),
        "ends_at": standing.ends_at.isoformat(),
    }
    subject = ("entitlement", standing.id)
    return Event(topic, subject, standing.merchant_id, Book(standing.book), payload)


_COUPON = {
    "coupon": said("The coupon."),
    "status": said("How it stands: active, paused or ended."),
    "kind": said("How it lowers a price: fixed, percentage or spend_and_save."),
    "carrier": said("Who goes without the discount: merchant or platform."),
    "used": said("How often it is used now."),
    "most_uses": said("How often it may be used in all; null: no limit."),
}
_PLAN = {
    "plan": said("The plan."),
    "product": said("The membership that it is a plan of."),
    "version": said("The version that is sold from now on; null: none."),
}
_ENTITLEMENT = {
    "entitlement": said("The entitlement."),
    "product": said("The membership."),
    "subscription": said("The subscription that pays for it; null: none."),
    "quantity": said("For how many it holds."),
    "starts_at": said("When it began, in UTC."),
    "ends_at": said("Until when it is granted, in UTC."),
}
webhooks.publish(
    Topic(COUPON_CREATED, said("A coupon was made."), _COUPON),
    Topic(COUPON_CHANGED, said("A coupon was changed, paused, resumed or ended."), _COUPON),
    Topic(
        COUPON_USED_UP,
        said("A coupon has reached its limit. A use that is given back frees it again."),
        _COUPON,
    ),
    Topic(PLAN_PUBLISHED, said("A version of a plan is sold from now on."), _PLAN),
    Topic(PLAN_ARCHIVED, said("A plan is sold no more; those who have it keep it."), _PLAN),
    Topic(
        ENTITLEMENT_GRANTED, said("A membership was granted more time, or switched on again."), _ENTITLEMENT
    ),
    Topic(
        ENTITLEMENT_REVOKED,
        said("Time of a membership was taken back, or it was switched off."),
        _ENTITLEMENT,
    ),
)
