"""The hash chain: it holds every committed row, and shows what a rewriter of the database did."""

from contextlib import contextmanager

import psycopg
import pytest
from django.db import connection

import audit
from audit import chain
from audit.invariants import INVARIANTS
from audit.models import AuditRow, Link
from kernel import ids
from kernel.actors import SYSTEM

pytestmark = pytest.mark.django_db(transaction=True)


def record(count=1):
    audit.record_many(
        [audit.Row(SYSTEM, "thing.done", ("thing", ids.new()), facts={"n": n}) for n in range(count)]
    )


def broken():
    """The codes of the invariants that do not hold."""
    with connection.cursor() as cursor:
        return [code for code, _, sql in INVARIANTS if (cursor.execute(sql), cursor.fetchall())[1]]


@contextmanager
def guards_off():
    """As somebody who owns the database can."""
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        yield cursor
        cursor.execute("SET session_replication_role = origin")


def test_an_empty_trail_has_an_empty_chain():
    assert chain.extend() == 0
    assert broken() == []


def test_every_row_joins_the_chain_once():
    record(5)
    assert [chain.extend(), chain.extend()] == [5, 0]
    assert set(Link.objects.values_list("row_id", flat=True)) == set(
        AuditRow.objects.values_list("id", flat=True)
    )
    assert broken() == []


def test_a_limit_leaves_the_rest_for_the_next_time():
    record(5)
    assert [chain.extend(2), chain.extend(2), chain.extend(2), chain.extend(2)] == [2, 2, 1, 0]
    assert broken() == []


def test_a_row_that_commits_late_is_not_left_out(database_url):
    with psycopg.connect(database_url) as late:
        late.execute(
            "INSERT INTO audit_row (id, actor_kind, action, subject_kind, subject_id, reason, facts, request)"
            " VALUES (%s, 'system', 'thing.late', 'thing', %s, '', '{}', '')",
            [ids.new(), ids.new()],
        )
        record(2)
        assert chain.extend() == 2
        record()
        assert chain.extend() == 1
        late.commit()
    assert chain.extend() == 1
    assert broken() == []


def test_only_one_process_extends_the_chain(database_url):
    record()
    with psycopg.connect(database_url) as other:
        other.execute("SELECT pg_advisory_xact_lock(hashtextextended('audit.chain', 0))")
        assert chain.extend() == 0
    assert chain.extend() == 1


@pytest.mark.parametrize(
    "change",
    [
        "reason = 'nothing'",
        "action = 'thing.undone'",
        "facts = '{\"n\": 5}'",
        "actor_kind = 'buyer'",
        "at = at + interval '1 microsecond'",
        "subject_id = merchant_id",
        "request = 'X'",
        "origin = '\\x00'",
    ],
)
def test_a_rewritten_row_breaks_the_chain(change):
    audit.record(SYSTEM, "thing.done", ("thing", ids.new()), merchant_id=ids.new(), facts={"n": 1})
    record(2)
    chain.extend()
    first = AuditRow.objects.order_by("at").first()
    with guards_off() as cursor:
        cursor.execute(f"UPDATE audit_row SET {change} WHERE id = %s", [first.id])
    assert broken() == ["A1.hash"]


def test_a_removed_row_breaks_the_chain():
    record(3)
    chain.extend()
    with guards_off() as cursor:
        cursor.execute("DELETE FROM audit_row WHERE id = (SELECT row_id FROM audit_link WHERE number = 2)")
    assert broken() == ["A1.hash"]


def test_a_row_removed_with_its_link_breaks_the_chain():
    record(3)
    chain.extend()
    with guards_off() as cursor:
        cursor.execute("DELETE FROM audit_row WHERE id = (SELECT row_id FROM audit_link WHERE number = 2)")
        cursor.execute("DELETE FROM audit_link WHERE number = 2")
    assert broken() == ["A1.gapless", "A1.hash"]


def test_a_row_that_never_joined_is_reported():
    record()
    with guards_off() as cursor:
        cursor.execute("UPDATE audit_row SET at = at - interval '2 hours'")
    assert broken() == ["A1.chained"]


def test_a_horizon_from_another_cluster_is_not_believed():
    record()
    chain.extend()
    with guards_off() as cursor:
        cursor.execute("UPDATE audit_link SET horizon = '9000000000000000'")
    record()
    assert chain.extend() == 1
