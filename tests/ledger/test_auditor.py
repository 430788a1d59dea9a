"""The auditor, and that each of the ledger's invariants finds what it is there for."""

import io

import pytest
from django.core.management import call_command
from django.db import connection, transaction

from kernel import clock
from ledger import auditor, chain, closes, posting, tasks
from ledger.auditor import Invariant
from ledger.invariants import INVARIANTS
from tests.factories.ledger import key, paid_out, sold
from tests.ledger import raw
from tests.ledger.threads import together

pytestmark = pytest.mark.django_db(transaction=True)

CODES = {invariant.code for invariant in INVARIANTS}


@pytest.fixture
def history():
    """Sales, a payout, closes and a chain."""
    merchant = key()
    with transaction.atomic():
        posting.post_many([sold(merchant, 1000, fee=30), sold(key(), 5)])
        posting.post(paid_out(merchant, 900))
    closes.close_due(clock.now())
    with transaction.atomic():
        posting.post(sold(merchant, 10))
    closes.close_due(clock.now())
    raw.wait_for_the_horizon()
    chain.extend()


def broken():
    return {finding.invariant.code for finding in auditor.audit(INVARIANTS) if not finding.holds}


def without_guards(*statements):
    """What is written where no trigger fires, as by a database administrator."""
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        for statement in statements:
            cursor.execute(statement)
        cursor.execute("SET session_replication_role = origin")


def test_a_lawful_history_holds(history):
    assert broken() == set()


CRIMES = {
    "ledger.balanced": "UPDATE ledger_entry SET amount = amount + 1 WHERE amount = 1000",
    "ledger.legs": "DELETE FROM ledger_entry WHERE amount IN (1000, -1000, 30, -30)",
    "ledger.sealed": "UPDATE ledger_entry SET xid = '7' WHERE amount = 1000",
    "ledger.accounts": "UPDATE ledger_entry SET currency = 'USD' WHERE amount IN (1000, -1000)",
    "ledger.account_once": (
        "ALTER TABLE ledger_account DROP CONSTRAINT ledger_account_key;"
        " INSERT INTO ledger_account SELECT 7, owner_kind, owner_id, store_id, purpose, currency, book,"
        " normal, xid, opened_at FROM ledger_account WHERE owner_id IS NULL LIMIT 1"
    ),
    "ledger.normal": (
        "ALTER TABLE ledger_account DROP CONSTRAINT ledger_account_normal;"
        " UPDATE ledger_account SET normal = -normal"
    ),
    "ledger.one_store": (
        "ALTER TABLE ledger_account DROP CONSTRAINT ledger_account_store;"
        " UPDATE ledger_account SET store_id = gen_random_uuid()"
    ),
    "ledger.reference_once": (
        "ALTER TABLE ledger_transaction DROP CONSTRAINT ledger_transaction_reference;"
        " UPDATE ledger_transaction SET reference = 'once'"
    ),
    "ledger.closes_chained": "DELETE FROM ledger_close WHERE previous IS NULL",
    "ledger.closes_exact": "UPDATE ledger_close SET balance = balance - 1 WHERE previous IS NULL",
    "ledger.covered": "UPDATE ledger_entry SET amount = 1100 WHERE guarded",
    "ledger.covered_ahead": (
        "DELETE FROM ledger_entry WHERE amount = 30;"
        " UPDATE ledger_entry SET available_at = available_at + interval '9 days' WHERE amount = -1000"
    ),
    "ledger.reversals": (
        "UPDATE ledger_transaction SET reverses_id ="
        " (SELECT transaction_id FROM ledger_entry WHERE amount = -10) WHERE kind = 'payout.sent'"
    ),
    "ledger.transit_drains": "UPDATE ledger_transaction SET posted_at = posted_at - interval '4 days'",
    "ledger.chain_whole": "DELETE FROM ledger_link WHERE number = 2",
    "ledger.chain_true": "UPDATE ledger_transaction SET facts = '{\"a\": 1}'",
    "ledger.guards_stand": "DROP TRIGGER ledger_entry_is_kept ON ledger_entry",
}


@pytest.mark.parametrize("code", CRIMES)
def test_an_invariant_finds_what_it_is_there_for(history, code):
    without_guards(CRIMES[code])
    assert code in broken()


def test_every_invariant_of_the_ledger_is_proven_to_find_something():
    assert set(CRIMES) == CODES


@pytest.mark.parametrize(
    "crime",
    [
        "ALTER TABLE ledger_entry DISABLE TRIGGER ledger_entry_is_checked",
        "ALTER TABLE ledger_entry DROP CONSTRAINT ledger_entry_account",
        "ALTER TABLE ledger_transaction DROP CONSTRAINT ledger_transaction_reference",
        "ALTER TABLE ledger_account DROP CONSTRAINT ledger_account_key",
        "DROP TRIGGER ledger_transaction_has_legs ON ledger_transaction",
    ],
)
def test_a_guard_that_was_taken_away_is_missed(crime):
    raw.run(crime)
    assert broken() == {"ledger.guards_stand"}


def test_the_invariants_of_every_app_can_be_asked():
    assert [finding for finding in auditor.audit() if not finding.holds] == []
    assert len(auditor.invariants()) > len(INVARIANTS)


def test_the_auditor_writes_nothing():
    writing = Invariant("test.writes", "…", "SELECT nextval('x') AS y")
    raw.run("CREATE SEQUENCE x")
    with pytest.raises(Exception, match="read-only"):
        list(auditor.audit([writing]))


def test_the_auditor_sees_one_moment():
    merchant = key()
    count = Invariant("test.count", "There is nothing.", "SELECT id FROM ledger_transaction")
    audit = auditor.audit([count, count])
    first = next(audit)

    def sell():
        with transaction.atomic():
            posting.post(sold(merchant, 5))

    assert together([sell]) == [None]
    assert (first.holds, next(audit).holds) == (True, True)
    audit.close()
    assert not next(auditor.audit([count])).holds


def test_no_more_than_twenty_rows_are_shown():
    many = Invariant("test.many", "There are none.", "SELECT * FROM generate_series(1, 100) AS offending")
    assert len(next(auditor.audit([many])).rows) == 20


def test_the_task_counts_what_does_not_hold(history):
    assert tasks.audit() == 0
    without_guards(CRIMES["ledger.normal"])
    assert tasks.audit() == 1


def command(*arguments):
    said = io.StringIO()
    try:
        call_command("audit_ledger", *arguments, stdout=said)
    except SystemExit as end:
        return end.code, said.getvalue()
    return 0, said.getvalue()


def test_the_command_says_that_all_holds(history):
    status, said = command("--only", "ledger.")
    assert status == 0
    assert said.count("holds") == len(INVARIANTS)
    assert f"{len(INVARIANTS)} invariants" in said


def test_the_command_publishes_the_head_of_the_chain(history):
    assert chain.head()[1] in command("--only", "ledger.")[1]


def test_the_command_ends_with_one_at_the_first_that_does_not_hold(history):
    without_guards(CRIMES["ledger.balanced"])
    status, said = command("--only", "ledger.")
    assert status == 1
    assert said.count("BROKEN ledger.") == 1
    assert "BROKEN ledger.balanced: Each transaction sums to zero" in said
    assert "total=1" in said


def test_the_command_goes_on_where_all_is_asked_for(history):
    without_guards(CRIMES["ledger.balanced"])
    status, said = command("--only", "ledger.", "--all")
    assert status == 1
    assert said.count("ledger.") - said.count("test:") >= len(INVARIANTS)
    assert "BROKEN ledger.chain_true" in said
