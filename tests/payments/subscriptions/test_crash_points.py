"""A worker is killed at each named point of a renewal: a period is charged once all the same."""

import os
import subprocess
import sys
from urllib.parse import urlsplit

import pytest

from ledger import auditor
from merchants.models import EntitlementGrant
from outbox.models import Event
from payments.models import Order
from payments.subscriptions.crash_points import CRASH_POINTS
from payments.subscriptions.invariants import INVARIANTS
from payments.subscriptions.services import renewals
from tests.factories import subscriptions as members

pytestmark = pytest.mark.django_db(transaction=True)

WORK = "import django; django.setup(); from payments.subscriptions.services import renewals; renewals.run(10)"
NOTICE = "renewal.before_notice_commit"


def die_at(point, database_url, bank):
    """Run a worker that is killed at this point. Gives its status."""
    env = {
        **os.environ,
        "CRASH_AT": point,
        "DATABASE_URL": database_url,
        "OUTGOING_ALLOW": urlsplit(bank.url).netloc,
        "DJANGO_SETTINGS_MODULE": "keyway.settings",
        "PYTHONPATH": "platform:.",
    }
    return subprocess.run([sys.executable, "-c", WORK], env=env, capture_output=True, check=False).returncode


def told(topic):
    return Event.objects.filter(topic=f"subscription.{topic}").count()


@pytest.mark.parametrize("point", CRASH_POINTS)
def test_a_period_is_charged_and_granted_once_wherever_a_worker_dies(point, club, bank, database_url):
    subscription = members.started(club)
    members.advance(subscription, days=26)
    if point != NOTICE:
        renewals.run(10)
        left = subscription.period_ends - members.now(subscription)
        members.advance(subscription, seconds=left.total_seconds() + 60)
    assert die_at(point, database_url, bank) == -9
    for _ in range(3):
        members.advance(subscription, hours=1)
        renewals.run(10)
    if point == NOTICE:
        members.advance(subscription, days=6)
        renewals.run(10)
    now = members.again(subscription)
    assert (now.state, now.period, bank.charged) == ("active", 2, [1000])
    assert now.period_starts == subscription.period_ends
    assert (told("renewal_upcoming"), told("renewed")) == (1, 1)
    assert EntitlementGrant.objects.count() == Order.objects.filter(payment_state="paid").count() == 2
    assert [each.code for each in INVARIANTS if not auditor.check(each).holds] == []
