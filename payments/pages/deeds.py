"""What happened, in words: the audit trail's actions as a merchant reads them."""

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
    "order.channel_asked": said("The channel was asked about an order"),
    "order.links_asked": said("The buyer asked for the links to their orders"),
    "order.processing": said("A payment is being confirmed"),
    "order.refunded": said("Refunded"),
    "order.refund_returned": said("A refund came back"),
    "payment.channel_asked": said("The channel was asked about a payment"),
    "refund.channel_asked": said("The channel was asked about a refund"),
    "refund.strange": said("Somebody refunded at the channel, not here"),
    "risk.review_released": said("Released after review"),
    "risk.review_rejected": said("Refused after review"),
    "stock.uploaded": said("Keys were uploaded"),
    "stock.import_begun": said("An import was begun"),
    "stock.imported": said("Keys were imported"),
    "stock.import_cancelled": said("An import was called off"),
    "stock.import_undo_begun": said("An import is being undone"),
    "stock.import_undone": said("An import was undone"),
    "stock.revealed": said("A key was looked at"),
    "stock.voided": said("A key was taken off the shelf"),
    "product.created": said("A product was made"),
    "product.changed": said("A product was changed"),
    "store.created": said("A store was opened"),
    "store.changed": said("A store was changed"),
    "member.invited": said("Somebody was invited"),
    "member.added": said("Somebody joined the team"),
    "member.role_changed": said("A member's role was changed"),
    "member.removed": said("Somebody was taken off the team"),
    "member.invitation_withdrawn": said("An invitation was taken back"),
    "user.joined": said("A person made their account"),
    "user.signed_in": said("Signed in"),
    "merchant.opened": said("The merchant was opened"),
    "merchant.twin_opened": said("The sandbox was opened"),
    "merchant.clock_advanced": said("The sandbox's clock was advanced"),
    "api_key.created": said("An API key was made"),
    "api_key.rolled": said("An API key was replaced"),
    "api_key.revoked": said("An API key was revoked"),
    "webhook.created": said("A webhook endpoint was made"),
    "webhook.changed": said("A webhook endpoint was changed"),
    "webhook.enabled": said("A webhook endpoint was switched on"),
    "webhook.disabled": said("A webhook endpoint was switched off"),
    "webhook.removed": said("A webhook endpoint was removed"),
    "webhook.pinged": said("A test event was sent"),
    "webhook.secret_rolled": said("A signing secret was replaced"),
    "webhook.resent": said("An event was sent again"),
    "webhook.resent_failed": said("What had failed was sent again"),
    "webhook.replayed": said("A time range of events was sent again"),
    "bank_account.added": said("A bank account was added"),
    "bank_account.confirmed": said("A bank account was confirmed"),
    "bank_account.retired": said("A bank account is not used any more"),
    "statement.closed": said("A statement was closed"),
    "payout.drafted": said("A payout was drafted"),
    "payout.first_approved": said("A payout was approved by one"),
    "payout.approved": said("A payout was approved"),
    "payout.rejected": said("A payout was not approved"),
    "payout.cancelled": said("A payout was called off"),
    "payout.sent": said("A payout was sent to the bank"),
    "payout.unknown": said("The bank has not answered about a payout"),
    "payout.paid": said("A payout was paid"),
    "payout.returned": said("The bank sent a payout back"),
    "payout.failed": said("The bank refused a payout"),
    "payout.bank_asked": said("The bank was asked about a payout"),
    "fee_plan.changed": said("The fees were changed"),
    "schedule.changed": said("The settlement schedule was changed"),
    "channel_account.registered": said("A channel account was added"),
    "channel_account.credentials_changed": said("A channel account's credentials were changed"),
    "channel_account.moved": said("A channel account's address was changed"),
    "channel_account.active": said("A channel account takes payments again"),
    "channel_account.paused": said("A channel account was paused"),
    "channel_account.tested": said("A channel account was tried out"),
    "notice.replayed": said("A notice was judged again"),
    "alert.resolved": said("An alert was dealt with"),
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
