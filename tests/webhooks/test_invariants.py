"""The auditor of webhooks sees what guards would have refused: each invariant is broken once, guards off."""

import pytest
from django.db import connection

from kernel import ids
from tests.factories import webhooks as make
from tests.webhooks.sink import Sink, in_turn, status
from tests.webhooks.test_order import broken
from webhooks.invariants import INVARIANTS
from webhooks.models import Endpoint

pytestmark = pytest.mark.django_db

BREAKS = {
    "E2.published": "DELETE FROM webhooks_event WHERE topic = 'order.expired'",
    "E2.place": "UPDATE webhooks_place SET last = 2",
    "E2.fanned_out": "DELETE FROM webhooks_delivery WHERE state = 'delivered'",
    "E2.owner": "UPDATE webhooks_endpoint SET merchant_id = gen_random_uuid()",
    "E2.waiting": "DELETE FROM webhooks_lane",
    "E2.overdue": "UPDATE webhooks_lane SET next_try_at = now() - interval '11 minutes'",
    "E3.lane": """UPDATE webhooks_delivery SET state = 'delivered', ended_at = now()
        WHERE topic = 'order.expired'""",
    "E4.bytes": "UPDATE webhooks_attempt SET digest = 'other'",
    "E4.version": "UPDATE webhooks_endpoint SET api_version = '1999-01-01'",
}


@pytest.fixture
def told(endpoint: Endpoint, sink: Sink) -> None:
    """An order whose second event fails, with a third behind it."""
    sink.answers["/hook"] = in_turn(status(200), status(500))
    subject = ids.new()
    for topic in ("order.placed", "order.processing", "order.expired"):
        make.told(make.event(endpoint, topic, subject))


def test_every_invariant_is_broken_here():
    assert set(BREAKS) == {code for code, _, _ in INVARIANTS}


def test_what_is_whole_breaks_none(told):
    assert broken() == []


@pytest.mark.parametrize("code", BREAKS)
def test_what_is_broken_is_found(told, deferred_triggers, code: str):
    deferred_triggers()
    with connection.cursor() as cursor:
        for table in ("event", "delivery", "endpoint", "attempt"):
            cursor.execute(f"ALTER TABLE webhooks_{table} DISABLE TRIGGER USER")
        cursor.execute(BREAKS[code])
    assert code in broken()
