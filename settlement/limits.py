"""The figures that bound settlement."""

from datetime import timedelta

PROOF_AGE = timedelta(minutes=5)
"""How old the code may be that an approver has shown."""

APPROVAL_LIFE = timedelta(hours=72)
"""How long a first approval counts; then it is needed anew."""

CHANGED_ACCOUNT_REST = timedelta(hours=72)
"""How long who changed a bank account may approve no payout to it."""

SENDING_LEASE = timedelta(seconds=60)
"""A payout that is being sent or asked about is left to whoever does it for so long."""

RETURN_WATCH = (timedelta(hours=1), timedelta(hours=23), timedelta(days=1), timedelta(days=1))
"""When a paid payout is asked about again: a receiving bank may send it back."""

POSTPONED = timedelta(hours=1)
"""When something that could not be sent for want of a permission or an account is looked at again."""

STUCK_AFTER = timedelta(hours=24)
"""How long a payout may be unknown before a person has to look at it."""
