"""What happens later by itself: a debit settles or bounces, a bank disputes, a refund ends.

The cents of an amount decide too, for accounts that are flagged `magic`: the table of the test values.
"""

from datetime import timedelta

from django.db import transaction

from kernel import clock

from .. import bell
from ..models import StripePlay, StripeSession
from . import magic
from .states import Deed

SOON = {
    Deed.PAY: timedelta(seconds=1),
    Deed.SETTLE: timedelta(seconds=5),
    Deed.BOUNCE: timedelta(seconds=5),
    Deed.DISPUTE: timedelta(seconds=2),
    Deed.INQUIRE: timedelta(seconds=2),
    Deed.REFUND_FAILS: timedelta(seconds=5),
    Deed.REFUND_SUCCEEDS: timedelta(seconds=60),
}
_DISPUTED_AFTER = timedelta(seconds=10)


def plan(of: StripeSession, deed: Deed, *, subject: str = "", after: timedelta | None = None) -> None:
    """Have a deed done a little later, in the caller's transaction."""
    due_at = clock.now() + (SOON[deed] if after is None else after)
    StripePlay.objects.create(session=of, deed=deed, subject=subject, due_at=due_at)
    transaction.on_commit(bell.ring)


def plan_magic(of: StripeSession) -> None:
    """Schedule what the cents of a new session ask for."""
    visit = magic.VISITS.get(of.amount % 100) if of.account.magic else None
    if visit is None:
        return
    plan(of, Deed.PAY, subject=visit.how, after=timedelta(seconds=visit.after))
    if visit.disputed:
        plan(of, Deed.DISPUTE, after=_DISPUTED_AFTER)
