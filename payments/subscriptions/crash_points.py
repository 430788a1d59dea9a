"""The named points of a renewal at which a fault test kills the process (`CRASH_AT=name`).

After a restart a period is charged once and granted once, whichever it was: `docs/faults.md` says why.
"""

CRASH_POINTS = (
    "renewal.before_claim_commit",  # invoice, order and intent are written, and not committed
    "renewal.after_claim",  # the intents are committed; no channel has been called
    "renewal.after_channel",  # the channels have answered; no answer is recorded
    "renewal.before_confirm_commit",  # paid, granted and posted, and not committed
    "renewal.after_confirm",  # committed; what failed in the same lot is not recorded
    "renewal.before_notice_commit",  # the notice of a renewal is written, and not committed
)
