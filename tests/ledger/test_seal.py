"""What the database refuses, whoever asks: every statement here goes past the tunnel."""

from datetime import timedelta

import pytest
from django.db import connection, transaction

from kernel import clock, ids
from ledger import accounts, closes, posting
from ledger.models import Entry
from tests.factories.ledger import key, sold
from tests.ledger import raw

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_balanced_pair_is_taken(old):
    assert Entry.objects.filter(transaction=old).count() == 2


def test_legs_that_do_not_sum_to_zero_are_refused(pair):
    raw.refused("ledger_balanced", lambda: raw.legs(raw.transaction(), {pair[0]: 5, pair[1]: -4}))


def test_a_single_leg_is_refused(pair):
    raw.refused("ledger_balanced", lambda: raw.legs(raw.transaction(), {pair[0]: 5}))


def test_a_leg_of_nothing_is_refused(pair):
    raw.refused("ledger_entry_amount", lambda: raw.legs(raw.transaction(), {pair[0]: 0}))


def test_legs_that_balance_only_over_two_transactions_are_refused(pair):
    def insert():
        first, second = raw.transaction(), raw.transaction()
        rows = [(first, pair[0], 5), (second, pair[1], -5)]
        raw.insert("ledger_entry", [raw.leg(*row) for row in rows])

    raw.refused("ledger_balanced", insert)


def test_legs_that_balance_only_over_two_inserts_are_refused(pair):
    number = ids.new()
    raw.refused(
        "ledger_balanced",
        lambda: raw.transaction(id=number),
        lambda: raw.legs(number, {pair[0]: 5}),
        lambda: raw.legs(number, {pair[1]: -5}),
    )


def test_a_second_insert_of_balanced_legs_is_refused(pair):
    number = ids.new()
    raw.refused(
        "ledger_one_insert",
        lambda: raw.transaction(id=number),
        lambda: raw.legs(number, {pair[0]: 5, pair[1]: -5}),
        lambda: raw.legs(number, {pair[0]: 6, pair[1]: -6}),
    )


def test_a_second_insert_in_another_currency_is_refused(pair):
    number = ids.new()
    dollars = list(accounts.numbers([key(currency="USD"), key(currency="USD")]).values())
    raw.refused(
        "ledger_one_insert",
        lambda: raw.transaction(id=number),
        lambda: raw.legs(number, {pair[0]: 5, pair[1]: -5}),
        lambda: raw.legs(number, {dollars[0]: 5, dollars[1]: -5}, currency="USD"),
    )


def test_a_balanced_pair_for_an_old_transaction_is_refused(old, pair):
    raw.refused("ledger_sealed", lambda: raw.legs(old, {pair[0]: 9, pair[1]: -9}))


def test_a_balanced_pair_with_the_old_number_for_an_old_transaction_is_refused(old, pair):
    xid = raw.run("SELECT xid::text FROM ledger_transaction WHERE id = %s", [old])[0][0]
    raw.refused("ledger_sealed", lambda: raw.legs(old, {pair[0]: 9, pair[1]: -9}, xid=xid))


def test_legs_for_a_restored_transaction_whose_number_recurs_are_refused(pair):
    """Numbers begin anew in a cluster into which rows were restored; the time of writing does not."""

    def add():
        number = ids.new()
        raw.run("SET LOCAL session_replication_role = replica")
        raw.transaction(id=number, xid=_own_number(), posted_at=clock.now() - timedelta(days=9))
        raw.run("SET LOCAL session_replication_role = origin")
        raw.legs(number, {pair[0]: 9, pair[1]: -9})

    raw.refused("ledger_sealed", add)


def test_legs_that_claim_another_number_are_refused(pair):
    raw.refused("ledger_sealed", lambda: raw.legs(raw.transaction(), {pair[0]: 9, pair[1]: -9}, xid="7"))


def test_a_transaction_does_not_choose_its_stamps(pair):
    with transaction.atomic():
        number = raw.transaction(xid="7", posted_at=clock.now() - timedelta(days=9))
        raw.legs(number, {pair[0]: 5, pair[1]: -5})
        assert raw.run(
            "SELECT xid = pg_current_xact_id(), posted_at = transaction_timestamp()"
            " FROM ledger_transaction WHERE id = %s",
            [number],
        ) == [(True, True)]


def test_legs_of_no_transaction_are_refused(pair):
    raw.refused("ledger_entry_of_transaction", lambda: raw.legs(ids.new(), {pair[0]: 5, pair[1]: -5}))


def test_a_transaction_without_legs_cannot_commit():
    raw.refused("ledger_legs", raw.transaction)


def test_forcing_the_deferred_check_before_there_are_legs_is_refused():
    raw.refused("ledger_legs", raw.transaction, lambda: raw.run("SET CONSTRAINTS ALL IMMEDIATE"))


def test_the_deferred_check_cannot_be_forced_and_then_evaded_by_a_savepoint(pair):
    """Legs inside a savepoint, the check forced, and the savepoint rolled back: it is due again."""
    number = ids.new()

    def evade():
        raw.transaction(id=number)
        raw.run("SAVEPOINT legs")
        raw.legs(number, {pair[0]: 5, pair[1]: -5})
        raw.run("SET CONSTRAINTS ALL IMMEDIATE")
        raw.run("ROLLBACK TO SAVEPOINT legs")
        raw.run("SET CONSTRAINTS ALL DEFERRED")

    raw.refused("ledger_legs", evade)


def test_the_deferred_check_cannot_be_forced_and_then_evaded_by_taking_the_legs_away(pair):
    number = ids.new()
    raw.refused(
        "ledger_append_only",
        lambda: raw.transaction(id=number),
        lambda: raw.legs(number, {pair[0]: 5, pair[1]: -5}),
        lambda: raw.run("SET CONSTRAINTS ALL IMMEDIATE"),
        lambda: raw.run("DELETE FROM ledger_entry WHERE transaction_id = %s", [number]),
    )


def test_a_posting_in_a_savepoint_is_sealed_by_the_whole_transaction():
    with transaction.atomic(), transaction.atomic():
        number = posting.post(sold(key(), 5))
    assert Entry.objects.filter(transaction=number).count() == 2


@pytest.mark.parametrize("table", ["account", "transaction", "entry", "close", "link"])
@pytest.mark.parametrize(
    "sql",
    ["UPDATE ledger_{} SET {} = {}", "DELETE FROM ledger_{}", "TRUNCATE ledger_{} CASCADE"],
    ids=["update", "delete", "truncate"],
)
def test_what_is_written_stays(old, pair, table, sql):
    column = {
        "account": "currency",
        "transaction": "kind",
        "entry": "amount",
        "close": "balance",
        "link": "hash",
    }[table]
    closes.close(pair, clock.now())
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO ledger_link VALUES (1, '\\x00', now(), %s)", [old])
    raw.refused("ledger_append_only", lambda: raw.run(sql.format(table, column, column)))


@pytest.mark.parametrize("level", ["REPEATABLE READ", "SERIALIZABLE"])
def test_a_snapshot_that_does_not_move_cannot_post(pair, level):
    raw.refused(
        "ledger_read_committed",
        lambda: raw.run(f"SET TRANSACTION ISOLATION LEVEL {level}"),
        lambda: raw.legs(raw.transaction(), {pair[0]: 5, pair[1]: -5}),
    )


@pytest.mark.parametrize("level", ["REPEATABLE READ", "SERIALIZABLE"])
def test_a_snapshot_that_does_not_move_cannot_close(old, pair, level):
    raw.refused(
        "ledger_read_committed",
        lambda: raw.run(f"SET TRANSACTION ISOLATION LEVEL {level}"),
        lambda: raw.close(pair[0], clock.now()),
    )


def _own_number():
    return raw.run("SELECT pg_current_xact_id()::text")[0][0]
