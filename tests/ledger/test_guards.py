"""That the auditor sees a guard of any app that is gone or switched off."""

import pytest
from django.apps import apps
from django.db import connection

from ledger import auditor, guards

pytestmark = pytest.mark.django_db

GUARDED = ["audit", "merchants", "outbox", "payments", "risk", "settlement", "vault", "webhooks"]


def rule(label):
    return next(each for each in auditor.invariants() if each.code == f"{label}.guards_stand")


@pytest.mark.parametrize("label", GUARDED)
def test_a_guard_that_is_switched_off_or_dropped_is_found(label):
    found = rule(label)
    assert auditor.check(found).holds, auditor.check(found).rows
    trigger = next(each for each in sorted(guards.of(apps.get_app_config(label))) if each[0] == "trigger")
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {trigger[2]} DISABLE TRIGGER {trigger[1]}")
        assert auditor.check(found).rows == [trigger]
        cursor.execute(f"DROP TRIGGER {trigger[1]} ON {trigger[2]}")
        assert auditor.check(found).rows == [trigger]


def test_a_constraint_that_is_dropped_is_found(db):
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE payments_payment DROP CONSTRAINT payment_refunds_within")
    assert auditor.check(rule("payments")).rows == [("constraint", "payment_refunds_within", "")]
