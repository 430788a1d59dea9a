"""The words for states: one source for pages, mails and programs. No word without icon and tone."""

from collections.abc import Mapping
from dataclasses import dataclass

from kernel.errors import said


@dataclass(frozen=True, slots=True)
class Word:
    """How a state is shown. `tone`: neutral, info, success, warning or danger."""

    text: str
    tone: str
    icon: str


_UNKNOWN = Word(said("Unknown"), "neutral", "help")

_PAYMENT = {
    "pending": Word(said("Awaiting payment"), "neutral", "clock"),
    "processing": Word(said("Confirming payment"), "info", "refresh"),
    "paid": Word(said("Paid"), "success", "check"),
    "failed": Word(said("Payment failed"), "danger", "cross"),
    "expired": Word(said("Expired"), "neutral", "hourglass"),
    "cancelled": Word(said("Cancelled"), "neutral", "cross"),
    "partially_refunded": Word(said("Partly refunded"), "warning", "undo"),
    "refunded": Word(said("Refunded"), "warning", "undo"),
    "disputed": Word(said("Disputed"), "danger", "alert"),
}
_FULFILMENT = {
    "none": Word(said("Not delivered yet"), "neutral", "minus"),
    "queued": Word(said("Delivering"), "info", "refresh"),
    "held": Word(said("Held for review"), "warning", "shield"),
    "awaiting_manual": Word(said("Waiting for the seller"), "info", "user"),
    "delivered": Word(said("Delivered"), "success", "check"),
    "partial": Word(said("Partly delivered"), "warning", "box"),
    "failed": Word(said("Delivery problem"), "danger", "alert"),
    "revoked": Word(said("Revoked"), "neutral", "cross"),
}
_FLAG = {
    "underpaid": Word(said("Underpaid"), "warning", "alert"),
    "overpaid": Word(said("Overpaid"), "warning", "alert"),
    "paid_late": Word(said("Paid late"), "warning", "clock"),
    "duplicate": Word(said("Duplicate"), "warning", "copy"),
}
_ATTEMPT = {
    "created": Word(said("Started"), "neutral", "clock"),
    "pending": Word(said("Awaiting payment"), "neutral", "clock"),
    "unknown": Word(said("Being asked about"), "warning", "help"),
    "succeeded": Word(said("Succeeded"), "success", "check"),
    "failed": Word(said("Failed"), "danger", "cross"),
    "closed": Word(said("Closed"), "neutral", "lock"),
}
_REFUND = {
    "requested": Word(said("Requested"), "info", "clock"),
    "sent": Word(said("On its way"), "info", "refresh"),
    "unknown": Word(said("Being asked about"), "warning", "help"),
    "succeeded": Word(said("Refunded"), "success", "check"),
    "failed": Word(said("Refund failed"), "danger", "cross"),
}
_DISPUTE = {
    "inquiry": Word(said("The bank asks"), "warning", "help"),
    "needs_response": Word(said("Needs an answer"), "danger", "alert"),
    "under_review": Word(said("The bank looks into it"), "info", "search"),
    "won": Word(said("Won"), "success", "check"),
    "lost": Word(said("Lost"), "danger", "cross"),
    "closed": Word(said("Closed"), "neutral", "lock"),
}
_DISPUTE_FUNDS = {
    "untouched": Word(said("Not touched"), "neutral", "minus"),
    "held": Word(said("Held"), "warning", "lock"),
    "returned": Word(said("Back in the balance"), "success", "undo"),
    "gone": Word(said("With the buyer"), "danger", "cross"),
    "recovered": Word(said("Won back after it was lost"), "success", "undo"),
}
_STOCK = {
    "available": Word(said("On the shelf"), "success", "check"),
    "reserved": Word(said("Reserved"), "info", "lock"),
    "delivered": Word(said("Delivered"), "neutral", "check"),
    "void": Word(said("Void"), "neutral", "cross"),
}
_PRODUCT = {
    "draft": Word(said("Draft"), "neutral", "edit"),
    "live": Word(said("On sale"), "success", "check"),
    "archived": Word(said("Archived"), "neutral", "box"),
}
_ENTITLEMENT = {
    "active": Word(said("Active"), "success", "check"),
    "grace": Word(said("In grace"), "warning", "clock"),
    "off": Word(said("Off"), "neutral", "minus"),
    "revoked": Word(said("Revoked"), "danger", "cross"),
}
_GRANT = {
    "trial": Word(said("Trial"), "info", "clock"),
    "paid": Word(said("Paid"), "success", "check"),
    "free": Word(said("Free"), "neutral", "plus"),
}
_STORE = {
    "open": Word(said("Open for orders"), "success", "check"),
    "closed": Word(said("Closed to orders"), "neutral", "lock"),
}
_MERCHANT = {
    "active": Word(said("Active"), "success", "check"),
    "suspended": Word(said("Suspended"), "danger", "lock"),
}
_BATCH = {
    "received": Word(said("Received"), "info", "clock"),
    "checked": Word(said("Checked"), "info", "search"),
    "importing": Word(said("Importing"), "info", "refresh"),
    "imported": Word(said("Imported"), "success", "check"),
    "cancelled": Word(said("Cancelled"), "neutral", "cross"),
    "undoing": Word(said("Being undone"), "info", "refresh"),
    "undone": Word(said("Undone"), "neutral", "undo"),
}
# How many keys are left, as a buyer is told.
_SUPPLY = {
    "plenty": Word(said("In stock"), "success", "check"),
    "few": Word(said("Only a few left"), "warning", "alert"),
    "none": Word(said("Sold out"), "neutral", "cross"),
}
_BOOK = {
    "live": Word(said("Live"), "success", "check"),
    "sandbox": Word(said("Sandbox"), "warning", "flask"),
}

_CHARGE = {
    "pending": Word(said("Awaiting payment"), "neutral", "clock"),
    "succeeded": Word(said("Succeeded"), "success", "check"),
    "failed": Word(said("Failed"), "danger", "cross"),
    "closed": Word(said("Closed"), "neutral", "lock"),
    "absent": Word(said("Not known there"), "neutral", "help"),
    "unknown": Word(said("Nothing about the payment"), "neutral", "help"),
}
_NOTICE = {
    "received": Word(said("Waits to be applied"), "warning", "clock"),
    "applied": Word(said("Applied"), "success", "check"),
    "ignored": Word(said("Changed nothing"), "neutral", "minus"),
    "refused": Word(said("Does not fit"), "danger", "alert"),
}
# What a person reads of a notice: some are about more than the charge, and are written down with that.
_NOTICE_ABOUT = _CHARGE | {
    "refund": Word(said("About a refund"), "info", "undo"),
    "dispute": Word(said("About a dispute"), "warning", "alert"),
}
_NOTICE_OUTCOME = _NOTICE | {"taken_down": Word(said("Written down"), "success", "check")}
_REFUND_KIND = {
    "voluntary": Word(said("By the merchant"), "neutral", "undo"),
    "surplus": Word(said("Paid too much"), "info", "copy"),
    "rejected": Word(said("Refused by review"), "warning", "shield"),
}
_OUTCOME = {
    "allow": Word(said("Allowed"), "success", "check"),
    "review": Word(said("To be reviewed"), "warning", "shield"),
    "block": Word(said("Blocked"), "danger", "cross"),
}
_REVIEW = {
    "none": Word(said("No review"), "neutral", "minus"),
    "pending": Word(said("Waits for a person"), "warning", "clock"),
    "released": Word(said("Released"), "success", "check"),
    "rejected": Word(said("Rejected"), "danger", "cross"),
}
_CHANNEL_ACCOUNT = {
    "active": Word(said("Active"), "success", "check"),
    "paused": Word(said("Paused"), "warning", "clock"),
}
_ACTOR = {
    "buyer": Word(said("Buyer"), "neutral", "user"),
    "member": Word(said("Merchant's member"), "info", "user"),
    "operator": Word(said("Operator"), "warning", "shield"),
    "channel": Word(said("Channel"), "neutral", "refresh"),
    "system": Word(said("System"), "neutral", "refresh"),
    "api_key": Word(said("API key"), "info", "key"),
}

_ENDPOINT = {
    "enabled": Word(said("On"), "success", "check"),
    "disabled": Word(said("Off"), "neutral", "lock"),
    "removed": Word(said("Removed"), "neutral", "cross"),
    "failing": Word(said("Failing"), "warning", "alert"),
}
_DELIVERY = {
    "pending": Word(said("Waiting"), "info", "clock"),
    "delivered": Word(said("Acknowledged"), "success", "check"),
    "dead": Word(said("Failed"), "danger", "cross"),
}
_STATEMENT = {
    "": Word(said("Being settled"), "info", "refresh"),
    "drafted": Word(said("Paid out"), "success", "check"),
    "carried": Word(said("Carried forward"), "neutral", "arrow-right"),
}
_PAYOUT = {
    "drafted": Word(said("Waits for approval"), "warning", "clock"),
    "first_approved": Word(said("Approved by one"), "warning", "clock"),
    "approved": Word(said("Approved"), "info", "check"),
    "sent": Word(said("At the bank"), "info", "refresh"),
    "unknown": Word(said("Being asked about"), "warning", "help"),
    "paid": Word(said("Paid out"), "success", "check"),
    "returned": Word(said("Sent back"), "danger", "undo"),
    "failed": Word(said("Refused by the bank"), "danger", "cross"),
    "rejected": Word(said("Not approved"), "danger", "cross"),
    "cancelled": Word(said("Called off"), "neutral", "cross"),
}
_BANK_ACCOUNT = {
    "pending": Word(said("Waits for confirmation"), "warning", "clock"),
    "active": Word(said("In use"), "success", "check"),
    "retired": Word(said("Not used any more"), "neutral", "lock"),
}
# Under which sum of a statement a line counts.
_LINE = {
    "sales": Word(said("Sale"), "success", "plus"),
    "refunds": Word(said("Refund"), "warning", "undo"),
    "fees": Word(said("Fee"), "neutral", "minus"),
    "adjustments": Word(said("Adjustment"), "info", "edit"),
    "disputes": Word(said("Dispute"), "danger", "alert"),
    "payouts": Word(said("Payout"), "info", "wallet"),
}
_COUPON = {
    "active": Word(said("In force"), "success", "check"),
    "paused": Word(said("Paused"), "warning", "clock"),
    "ended": Word(said("Ended"), "neutral", "lock"),
    "scheduled": Word(said("Begins later"), "info", "clock"),
    "expired": Word(said("Its time is over"), "neutral", "hourglass"),
    "used_up": Word(said("Used up"), "neutral", "minus"),
}
_COUPON_USE = {
    "reserved": Word(said("Reserved"), "info", "lock"),
    "redeemed": Word(said("Redeemed"), "success", "check"),
    "returned": Word(said("Given back"), "neutral", "undo"),
}
_CARRIER = {
    "merchant": Word(said("The merchant"), "neutral", "store"),
    "platform": Word(said("The platform"), "info", "shield"),
}
_CODE_BATCH = {
    "generating": Word(said("Being generated"), "info", "refresh"),
    "generated": Word(said("Generated"), "success", "check"),
}
_SUBSCRIPTION = {
    "incomplete": Word(said("Not begun"), "neutral", "clock"),
    "trialing": Word(said("In trial"), "info", "clock"),
    "active": Word(said("Active"), "success", "check"),
    "past_due": Word(said("Past due"), "danger", "alert"),
    "paused": Word(said("Paused"), "warning", "hourglass"),
    "pausing": Word(said("Will pause"), "warning", "hourglass"),
    "cancelling": Word(said("Ends soon"), "warning", "clock"),
    "ended": Word(said("Ended"), "neutral", "lock"),
}
_INVOICE = {
    "open": Word(said("Unpaid"), "warning", "clock"),
    "paid": Word(said("Paid"), "success", "check"),
    "void": Word(said("Void"), "neutral", "cross"),
}
_INVOICE_KIND = {
    "start": Word(said("First period"), "info", "plus"),
    "trial": Word(said("Trial"), "info", "clock"),
    "renewal": Word(said("Renewal"), "neutral", "refresh"),
    "change": Word(said("Change"), "neutral", "edit"),
}
_MANDATE = {
    "offered": Word(said("Not confirmed yet"), "neutral", "clock"),
    "active": Word(said("Can be charged"), "success", "check"),
    "suspended": Word(said("Refused by the bank"), "danger", "alert"),
    "ended": Word(said("Ended"), "neutral", "lock"),
}

WORDS: Mapping[str, Mapping[str, Word]] = {
    "payment": _PAYMENT,
    "fulfilment": _FULFILMENT,
    "flag": _FLAG,
    "attempt": _ATTEMPT,
    "refund": _REFUND,
    "dispute": _DISPUTE,
    "dispute_funds": _DISPUTE_FUNDS,
    "stock": _STOCK,
    "product": _PRODUCT,
    "plan": _PRODUCT,
    "entitlement": _ENTITLEMENT,
    "grant": _GRANT,
    "store": _STORE,
    "merchant": _MERCHANT,
    "batch": _BATCH,
    "supply": _SUPPLY,
    "book": _BOOK,
    "charge": _CHARGE,
    "notice": _NOTICE,
    "notice_about": _NOTICE_ABOUT,
    "notice_outcome": _NOTICE_OUTCOME,
    "refund_kind": _REFUND_KIND,
    "outcome": _OUTCOME,
    "review": _REVIEW,
    "channel_account": _CHANNEL_ACCOUNT,
    "actor": _ACTOR,
    "endpoint": _ENDPOINT,
    "delivery": _DELIVERY,
    "statement": _STATEMENT,
    "payout": _PAYOUT,
    "bank_account": _BANK_ACCOUNT,
    "line": _LINE,
    "coupon": _COUPON,
    "coupon_use": _COUPON_USE,
    "carrier": _CARRIER,
    "code_batch": _CODE_BATCH,
    "subscription": _SUBSCRIPTION,
    "invoice": _INVOICE,
    "invoice_kind": _INVOICE_KIND,
    "mandate": _MANDATE,
}


def word(kind: str, state: str) -> Word:
    """The word for `state` of `kind`. An unheard-of state is shown as unknown, not hidden."""
    return WORDS[kind].get(state, _UNKNOWN)
