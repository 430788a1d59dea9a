"""The named points of settlement at which a fault test kills the process (`CRASH_AT=name`).

After a restart there is one statement and one payout, whichever it was: `docs/settlement.md` says why.
"""

CRASH_POINTS = (
    "settlement.after_close",  # the account is closed; there is no statement yet
    "settlement.after_statement",  # the statement is committed; nothing is decided about its balance
    "payout.after_reserve",  # the money is set aside in a transaction that never commits
    "payout.after_rail",  # the bank has answered; the answer is not recorded
)
