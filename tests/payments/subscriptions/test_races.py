"""Workers race for the same renewals, with real threads: nobody is charged twice, and nobody is forgotten."""

import threading
from collections.abc import Callable

import pytest
from django.db import connection

from kernel.actors import BUYER
from ledger import auditor
from merchants.models import EntitlementGrant
from payments.models import Payment
from payments.subscriptions.errors import BeingPaid, NoMandate, NotPossible
from payments.subscriptions.invariants import INVARIANTS
from payments.subscriptions.models import Subscription
from payments.subscriptions.services import cancellations, renewals, tries
from tests.factories import subscriptions as members

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*deeds: Callable[[], object]) -> None:
    """Do all of these at the same time, each in a thread and connection of its own."""
    barrier = threading.Barrier(len(deeds))

    def run(deed: Callable[[], object]) -> None:
        barrier.wait()
        try:
            deed()
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(deed,)) for deed in deeds]
    for each in threads:
        each.start()
    for each in threads:
        each.join(60)


def test_two_workers_and_beat_twice_charge_each_period_once(club, bank):
    made = [members.started(club, language="en") for _ in range(12)]
    members.advance(made[0], days=40)
    at_once(*[lambda: renewals.run(100)] * 4)
    renewals.run(100)
    assert len(bank.charged) == 12
    assert set(Subscription.objects.values_list("state", "period")) == {("active", 2)}
    assert EntitlementGrant.objects.count() == 24
    assert [each.code for each in INVARIANTS if not auditor.check(each).holds] == []


def test_a_cancellation_in_the_instant_of_the_charge_leaves_it_whole(club, bank):
    subscription = members.started(club)
    members.advance(subscription, days=33)

    def cancel() -> None:
        try:
            cancellations.at_end(subscription, actor=BUYER)
        except (BeingPaid, NotPossible):
            return

    at_once(lambda: renewals.run(10), cancel)
    renewals.run(10)
    now = members.again(subscription)
    paid = 1 + len(bank.charged)
    assert now.period == paid
    assert EntitlementGrant.objects.count() == paid
    assert [each.code for each in INVARIANTS if not auditor.check(each).holds] == []


def test_many_hands_that_try_at_once_charge_once(club, bank):
    subscription = members.started(club)
    bank.plight = "insufficient_funds"
    members.advance(subscription, days=32)
    renewals.run(10)
    renewals.run(10)
    bank.plight = ""

    def try_it() -> None:
        try:
            tries.by_hand(subscription, actor=BUYER)
        except (BeingPaid, NotPossible, NoMandate):
            return

    at_once(*[try_it] * 4, lambda: renewals.run(10))
    assert (members.again(subscription).state, bank.charged) == ("active", [1000])
    assert Payment.objects.filter(use="surplus").count() == 0
