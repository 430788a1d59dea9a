"""The named points of the sale at which a fault test kills the process (`CRASH_AT=name`).

After a restart nothing is lost and nothing happened twice, whichever it was: `docs/faults.md` says why.
"""

CRASH_POINTS = (
    "place.after_reserve",  # keys are reserved in a transaction that never commits
    "place.before_commit",  # order, intent, audit and event are written, and not committed
    "attempt.after_intent",  # the intent is committed; the channel has not been called
    "attempt.after_channel",  # the channel has answered; the answer is not recorded
    "notice.after_verify",  # the signature fits; nothing is stored
    "notice.before_commit",  # paid, delivered and posted, and not committed
    "notice.after_commit",  # committed; the channel has no reply and repeats the notice
    "expire.after_close",  # closed at the channel; the keys are still reserved
    "refund.after_channel",  # the channel has refunded; the answer is not recorded
)
