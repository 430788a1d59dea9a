"""Money moved in time: fast lane, hold, release, a calendar published late."""

from datetime import datetime
from uuid import UUID

from kernel.actors import Actor
from kernel.money import Money

from .errors import Malformed
from .legs import AccountKey, Leg, Posting
from .purposes import normal


def move(
    account: AccountKey,
    amount: Money,
    *,
    old: datetime,
    new: datetime,
    reference: str,
    kind: str,
    subject: tuple[str, UUID],
    occurred_at: datetime,
    actor: Actor,
    guarded: bool = False,
) -> Posting:
    """`amount`, as shown to people, counts from `new` on instead of from `old`: two legs on one account.

    Where the period of `old` is closed, it is taken out just after the close. Guarded: refused where what
    is held back was spent already.
    """
    if amount.currency != account.currency or amount.amount <= 0:
        raise Malformed(why="an amount above zero in the account's currency is moved", reference=reference)
    shift = amount.amount * normal(account.purpose)
    return Posting(
        reference=reference,
        kind=kind,
        subject=subject,
        legs=[Leg(account, -shift, old, guarded), Leg(account, shift, new)],
        occurred_at=occurred_at,
        actor=actor,
        book=account.book,
    )
