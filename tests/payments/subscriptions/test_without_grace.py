"""Merchants that give no grace: a charge on the day itself is in time, though it takes its while."""

import pytest

from kernel.actors import SYSTEM
from payments.subscriptions.services import policies, renewals
from payments.subscriptions.states import CancelNow
from tests.factories import subscriptions as members

pytestmark = pytest.mark.django_db

RULES = {"notice_days": None, "may_pause": True, "may_change": True, "cancel_now": CancelNow.NO}


@pytest.mark.parametrize(("retry_days", "grace_days"), [((0, 2), 0), ((0,), 3)])
def test_a_renewal_begins_when_the_period_before_it_ends(club, bank, retry_days, grace_days):
    policies.change(club.merchant.pk, retry_days=retry_days, grace_days=grace_days, **RULES, actor=SYSTEM)
    subscription = members.started(club)
    members.advance(subscription, days=26)
    renewals.run(50)
    left = subscription.period_ends - members.now(subscription)
    members.advance(subscription, seconds=left.total_seconds() + 60)
    renewals.run(50)
    now = members.again(subscription)
    assert (now.period, now.period_starts) == (2, subscription.period_ends)
    assert now.anchor_at == subscription.anchor_at
