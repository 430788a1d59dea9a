"""What happened to an order, in words: the audit trail's actions as a merchant reads them."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext

from kernel.errors import said

_WORDS = {
    "order.placed": said("Ordered"),
    "order.paid": said("Paid"),
    "order.held": said("Held for review"),
    "order.released": said("Released after review"),
    "order.rejected": said("Refused after review"),
    "order.delivered": said("Delivered"),
    "order.delivery_failed": said("Delivery failed"),
    "order.expired": said("Expired; the keys are back on the shelf"),
    "order.cancelled": said("Cancelled by the buyer"),
    "order.extended": said("The buyer took more time"),
    "order.revealed": said("The keys were looked at"),
    "order.revoked": said("Revoked"),
    "payment.opened": said("A payment was opened"),
    "payment.pending": said("The channel waits for the buyer"),
    "payment.unknown": said("The channel has not answered about the payment"),
    "payment.failed": said("An attempt to pay failed"),
    "payment.closed": said("An attempt to pay was closed"),
    "payment.succeeded": said("Paid"),
    "payment.surplus": said("Money came besides"),
    "refund.requested": said("A refund was asked for"),
    "refund.sent": said("The channel works on the refund"),
    "refund.unknown": said("The channel has not answered about the refund"),
    "refund.succeeded": said("Refunded"),
    "refund.failed": said("The channel refused the refund"),
    "refund.retried": said("The refund is tried again"),
    "dispute.created": said("The buyer's bank disputes the payment"),
    "dispute.updated": said("The dispute has moved on"),
    "dispute.closed": said("The dispute is decided"),
    "dispute.funds_withdrawn": said("The channel took the disputed money"),
    "dispute.funds_reinstated": said("The channel gave the disputed money back"),
}


@dataclass(frozen=True, slots=True)
class Deed:
    """One line of an order's history."""

    said: str
    at: datetime
    reason: str


def deed_said(action: str) -> str:
    """The action in the reader's language; a new one shows its own name rather than nothing."""
    return gettext(_WORDS[action]) if action in _WORDS else action
