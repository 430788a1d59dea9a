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
    "txn_used": said("The channel's number belongs to another payment"),
}
