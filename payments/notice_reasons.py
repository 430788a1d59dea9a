"""Why a notice has its outcome, in words. Pure."""

from collections.abc import Mapping

from kernel.errors import said

REASONS: Mapping[str, str] = {
    "pays": said("It pays the order"),
    "pays_late": said("It pays the order, after its time"),
    "surplus": said("Paid too much, goes back"),
    "other_amount": said("Not the amount that was asked for, goes back"),
    "repeat": said("It was known already"),
    "mismatch": said("Amount or currency differ from ours"),
    "other_txn": said("The payment succeeded under another number"),
    "other_reference": said("It names another payment"),
    "refund.succeeded": said("The refund is done"),
    "refund.failed": said("The refund failed; its money is back in the balance"),
    "refund.pending": said("The channel works on the refund"),
    "refund.unknown": said("The channel does not say how the refund stands"),
    "refund.absent": said("The channel does not know the refund"),
    "refund.strange": said("Somebody refunded at the channel, not here"),
    "dispute.inquiry": said("The buyer's bank asks about the payment"),
    "dispute.needs_response": said("The payment is disputed: the bank wants an answer"),
    "dispute.under_review": said("The bank looks into the dispute"),
    "dispute.won": said("The dispute is won"),
    "dispute.lost": said("The dispute is lost: the money is the buyer's"),
    "dispute.closed": said("The bank's question ended without a dispute"),
    "txn_used": said("The channel's number belongs to another payment"),
}


def outcome(state: str, reason: str) -> str:
    """The state by which a person knows what became of a notice.

    What was said of a refund or a dispute confirms no payment, and yet it was written down.
    """
    is_about_another = reason.partition(".")[0] in ("refund", "dispute")
    return "taken_down" if state == "ignored" and is_about_another else state


def subject(said_state: str, reason: str) -> str:
    """What a notice is about: the charge as it was said, or a refund or a dispute."""
    kind, dot, _ = reason.partition(".")
    return kind if dot and kind in ("refund", "dispute") else said_state
