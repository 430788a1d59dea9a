"""What the trail keeps, and that nobody changes it."""

import pytest
from django.db import DatabaseError, connection, transaction
from structlog.contextvars import bound_contextvars

import audit
from audit import queries
from audit.models import AuditRow
from kernel import ids
from kernel.actors import BUYER, SYSTEM, Actor, ActorKind
from tests.statements import inserts_into

pytestmark = pytest.mark.django_db

ADDRESS = "203.0.113.77"


@pytest.fixture
def operator():
    return Actor(ActorKind.OPERATOR, ids.new(), origin=ADDRESS)


@pytest.fixture
def subject():
    return ("refund", ids.new())


@pytest.fixture
def row(operator, subject):
    audit.record(
        operator, "refund.approved", subject, merchant_id=ids.new(), reason="asked", facts={"amount": 990}
    )
    return AuditRow.objects.get()


def test_a_row_says_who_did_what_to_which_and_why(row, operator, subject):
    assert (row.actor_kind, row.actor_id) == ("operator", operator.id)
    assert (row.action, row.reason) == ("refund.approved", "asked")
    assert (row.subject_kind, row.subject_id) == subject
    assert row.facts == {"amount": 990}


def test_a_row_carries_the_number_of_the_request(operator, subject):
    with bound_contextvars(incident="ABCDEFGH12345678"):
        audit.record(operator, "refund.approved", subject)
    assert AuditRow.objects.get().request == "ABCDEFGH12345678"


def test_outside_a_request_there_is_no_number(row):
    assert row.request == ""


def test_many_rows_are_one_statement(subject):
    with inserts_into("audit_row") as inserts:
        audit.record_many([audit.Row(SYSTEM, "order.expired", subject)] * 50)
    assert (AuditRow.objects.count(), inserts.count) == (50, 1)


def test_no_rows_are_no_statement():
    with inserts_into("audit_row") as inserts:
        audit.record_many([])
    assert inserts.count == 0


def test_where_an_operator_acted_from_is_sealed(row):
    assert row.origin is not None
    assert ADDRESS.encode() not in bytes(row.origin)


def test_where_an_operator_acted_from_can_be_read_again(row):
    assert queries.origin_of(row) == ADDRESS


@pytest.mark.parametrize("actor", [BUYER, SYSTEM, Actor(ActorKind.BUYER, ids.new(), origin=ADDRESS)])
def test_where_others_acted_from_is_not_kept(actor, subject):
    audit.record(actor, "order.placed", subject)
    assert AuditRow.objects.get().origin is None


def test_an_origin_moved_to_another_row_does_not_open(operator, subject):
    from vault.errors import Unreadable

    audit.record_many([audit.Row(operator, "one", subject), audit.Row(operator, "two", subject)])
    one, two = AuditRow.objects.order_by("action")
    two.origin = one.origin
    with pytest.raises(Unreadable):
        queries.origin_of(two)


@pytest.mark.parametrize(
    "statement",
    ["UPDATE {} SET {} = {}", "DELETE FROM {}", "TRUNCATE {}"],
)
@pytest.mark.parametrize(("table", "column"), [("audit_row", "reason"), ("audit_link", "hash")])
def test_the_trail_refuses_every_change(row, statement, table, column):
    with (
        pytest.raises(DatabaseError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement.format(table, column, column))
    assert AuditRow.objects.count() == 1


def test_a_row_vanishes_with_the_deed_that_was_undone(operator, subject):
    with pytest.raises(RuntimeError), transaction.atomic():
        audit.record(operator, "refund.approved", subject)
        raise RuntimeError
    assert not AuditRow.objects.exists()


def test_the_deeds_on_one_subject_come_newest_first(operator, subject):
    for action in ("one", "two", "three"):
        audit.record(operator, action, subject)
    audit.record(operator, "other", ("refund", ids.new()))
    assert [row.action for row in queries.of_subject(*subject)] == ["three", "two", "one"]


def test_a_merchants_deeds_are_its_own(operator, subject):
    merchant = ids.new()
    audit.record(operator, "mine", subject, merchant_id=merchant)
    audit.record(operator, "theirs", subject, merchant_id=ids.new())
    assert [row.action for row in queries.of_merchant(merchant)] == ["mine"]
