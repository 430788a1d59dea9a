"""Renewals: claimed, charged and recorded in lots. However often and by whomever, a period is charged once.

1. claim: what is due, SKIP LOCKED, in one transaction: invoice, order and intent are written, and `due_at` is
   set to a lease, after which another worker goes on;
2. charge: the channels are called side by side, no transaction open;
3. record: what was paid is confirmed, granted and posted in one transaction; what was not is dunned.

This is the first step; `charges` are the others. What was taken up before and is not paid goes by `debts`,
one by one.
"""

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from django.db import DatabaseError, transaction

from kernel import clock
from kernel.books import Book
from kernel.crash import crash_point
from kernel.errors import Problem
from payments import sql
from payments.models import Payment
from payments.services.period_orders import by_mandate

from .. import events
from ..models import Invoice, Subscription
from ..states import EndReason, InvoiceState, SubscriptionState
from . import charges, debts, deliveries, invoicing, keeping, lives, overdue, policies, store
from .batch import Batch
from .policies import Rules

_log = structlog.get_logger(__name__)
_S = SubscriptionState

LOT = 50
"""Claimed and recorded in one transaction: enough to share its cost, few enough that nobody waits for it."""

LEASE = timedelta(minutes=2)
BUDGET_SECONDS = 40.0
SPOILED_FOR = timedelta(minutes=30)
"""How long a subscription is left alone that cannot be taken up at all; the auditor tells of it."""

_LATEST = sql.Statement("""
SELECT coalesce(max(clock_ahead), interval '0') FROM merchants_merchant WHERE book = 'sandbox'
""")
# Live ones by the wall clock; a twin's by its own, which runs ahead.
_DUE = sql.Statement("""
SELECT s.id FROM subscriptions_subscription s JOIN merchants_merchant m ON m.id = s.merchant_id
WHERE s.book = %(book)s AND s.due_at <= %(latest)s AND s.due_at <= %(now)s + m.clock_ahead
ORDER BY s.due_at LIMIT %(limit)s FOR NO KEY UPDATE OF s SKIP LOCKED
""")

_ONE = sql.Statement("""
SELECT id FROM subscriptions_subscription WHERE id = %(key)s FOR NO KEY UPDATE SKIP LOCKED
""")


@dataclass(slots=True)
class Lot:
    """What one claim took: charges whose intents are committed, and those that go one by one."""

    size: int = 0
    charges: list[Payment] = field(default_factory=list)
    later: list[UUID] = field(default_factory=list)


def run(limit: int) -> int:
    """Do what is due for at most `limit` subscriptions, for at most BUDGET_SECONDS. Gives how many."""
    until = time.monotonic() + BUDGET_SECONDS
    done = 0
    with ThreadPoolExecutor(charges.CALLS, thread_name_prefix="charge") as pool:
        for book in (Book.LIVE, Book.SANDBOX):
            while done < limit and time.monotonic() < until:
                lot = _claimed(book, min(LOT, limit - done))
                crash_point("renewal.after_claim")
                charges.make(lot.charges, pool)
                for key in lot.later:
                    _alone(key)
                done += lot.size
                if not lot.size:
                    break
    return done


def _claimed(book: Book, limit: int) -> Lot:
    """A lot; where one of it spoils the whole, each is taken up alone, and that one waits for a person."""
    try:
        return claim(book, limit)
    except (DatabaseError, Problem):
        _log.exception("subscriptions.claim_spoiled")
    lot = Lot()
    for key in _due(book, limit):
        try:
            with transaction.atomic():
                if _ONE.rows({"key": key}):
                    _take_up(lot, [key])
        except (DatabaseError, Problem):
            _log.exception("subscriptions.spoils", id=str(key))
            debts.put_off(key, SPOILED_FOR)
    lot.size = len(lot.charges) + len(lot.later)
    return lot


def _due(book: Book, limit: int) -> list[UUID]:
    now = clock.now()
    latest = now + (_LATEST.rows({})[0][0] if book is Book.SANDBOX else timedelta())
    with transaction.atomic():
        found = _DUE.rows({"book": book, "now": now, "latest": latest, "limit": limit})
    return [key for (key,) in found]


def one(subscription_id: UUID) -> None:
    """Do at once what is due for one subscription, if nobody else does."""
    lot = Lot()
    with transaction.atomic():
        if _ONE.rows({"key": subscription_id}):
            _take_up(lot, [subscription_id])
    with ThreadPoolExecutor(1) as pool:
        charges.make(lot.charges, pool)
    for key in lot.later:
        _alone(key)


def claim(book: Book, limit: int) -> Lot:
    """Take up what is due, in one transaction."""
    with transaction.atomic():
        keys = _due(book, limit)
        lot = Lot(size=len(keys))
        if keys:
            _take_up(lot, keys)
            crash_point("renewal.before_claim_commit")
    return lot


def _take_up(lot: Lot, keys: Sequence[UUID]) -> None:
    batch = Batch()
    subscriptions = store.lock(keys)
    rules = policies.of_many({each.merchant_id for each in subscriptions.values()})
    open_ones = _open_invoices(keys)
    numbers = invoicing.numbers(keys)
    kept = keeping.usable(subscriptions.values())
    for key in keys:
        subscription = subscriptions[key]
        now = clock.now(subscription.merchant)
        if key in open_ones or subscription.state in (_S.INCOMPLETE, _S.ENDED):
            # Its order is locked first, and alone; until then nobody else takes it.
            subscription.due_at = now + LEASE
            batch.keep(subscription)
            lot.later.append(key)
            continue
        Step(batch, lot, rules[subscription.merchant_id], numbers.get(key, 0) + 1, kept.get(key)).take(
            subscription, now
        )
    batch.write()


@dataclass(slots=True)
class Step:
    """What is due for one subscription that owes nothing yet."""

    batch: Batch
    lot: Lot
    rules: Rules
    number: int  # of its next invoice
    kept: keeping.Usable | None

    def take(self, subscription: Subscription, now: datetime) -> None:
        """Notice, pause, end or charge, as the time has come for."""
        self.batch.keep(subscription)
        if subscription.state == _S.PAUSED:
            self.renew(subscription, now, due=now)
        elif subscription.state == _S.PAST_DUE:
            self.renew(subscription, now, due=subscription.past_due_since or now)
        elif subscription.period_ends is None or now < subscription.period_ends:
            self.notice(subscription)
        elif subscription.cancel_at_end:
            self.batch.end(subscription, EndReason.CANCELLED, subscription.period_ends)
        elif subscription.pause_at_end:
            lives.pause(subscription)
            self.batch.revalue(subscription, subscription.period_ends)
            self.batch.tell(events.PAUSED, subscription)
        else:
            late = not lives.is_in_time(subscription.period_ends, now, self.rules)
            # Too late by our own fault: nobody pays for time in which nothing was served.
            self.renew(subscription, now, due=now if late else subscription.period_ends)

    def notice(self, subscription: Subscription) -> None:
        """Tell the buyer of the charge at the end of the period; who pays by a link gets it now.

        So does who agreed to less than the next period costs: the method is not charged then.
        """
        if subscription.noticed <= subscription.period and not _ends_anyhow(subscription):
            order, owed = None, invoicing.coming(subscription)
            is_kept = self.kept is not None and self.kept.takes(owed)
            if owed and not is_kept and subscription.period_ends is not None:
                _, order = invoicing.renewal(
                    self.batch, subscription, self.rules, due=subscription.period_ends, number=self.number
                )
            subscription.noticed = subscription.period + 1
            self.batch.tell(
                events.RENEWAL_UPCOMING,
                subscription,
                amount=owed,
                due_at=subscription.period_ends.isoformat() if subscription.period_ends else None,
                order=events.order_name(order.pk if order else None),
            )
            crash_point("renewal.before_notice_commit")
        subscription.due_at = lives.next_due(subscription, self.rules)

    def renew(self, subscription: Subscription, now: datetime, *, due: datetime) -> None:
        """Ask for the next period: by mandate, or by a link."""
        if subscription.state == _S.PAST_DUE and overdue.is_over(subscription, due, self.rules):
            self.batch.end(subscription, EndReason.UNPAID, now)
            return
        invoice, order = invoicing.renewal(self.batch, subscription, self.rules, due=due, number=self.number)
        if order is None:
            deliveries.apply(self.batch, invoice, now, self.rules)
            return
        self._grace(subscription, due)
        subscription.tries = overdue.counted(subscription.tries, due, self.rules, now)
        # One whose order was called off owes the same still, and its bank has not changed its mind.
        is_refused = subscription.state == _S.PAST_DUE and subscription.hard
        if self.kept is None or is_refused or not self.kept.takes(invoice.total):
            overdue.fall_due(self.batch, subscription, invoice, self.rules, now, reason=overdue.LINK)
            return
        payment = by_mandate(order, self.kept.kept, ordinal=1, now=now, lease=LEASE)
        self.batch.payments.append(payment)
        self.lot.charges.append(payment)
        subscription.due_at = now + LEASE

    def _grace(self, subscription: Subscription, due: datetime) -> None:
        if subscription.entitlement_id is not None:
            self.batch.graces.append((subscription.entitlement_id, lives.grace_until(due, self.rules)))


def _ends_anyhow(subscription: Subscription) -> bool:
    return subscription.cancel_at_end or subscription.pause_at_end


def _open_invoices(keys: Sequence[UUID]) -> set[UUID]:
    rows = Invoice.objects.filter(subscription_id__in=keys, state=InvoiceState.OPEN)
    return set(rows.values_list("subscription_id", flat=True))


def _alone(key: UUID) -> None:
    try:
        debts.go_on(key)
    except (DatabaseError, Problem):
        _log.exception("subscriptions.step_failed", id=str(key))
