"""Each invariant of settlement finds the crime that it is there for."""

from datetime import timedelta

import pytest
from django.db import connection

from ledger import auditor
from settlement.invariants import INVARIANTS
from settlement.models import Schedule
from settlement.services import payouts
from tests.factories import settlement as make

pytestmark = pytest.mark.django_db
PAYOUT, STATEMENT = "UPDATE settlement_payout SET", "UPDATE settlement_statement SET"
ACCOUNT = "UPDATE settlement_bankaccount SET"

CRIMES = {
    "settlement.statement_is_the_ledger": f"{STATEMENT} sales = sales + 1, fees = fees - 1 WHERE number = 1",
    "settlement.statement_is_its_close": "UPDATE ledger_close SET balance = balance + 1",
    "settlement.statements_chained": f"{STATEMENT} opening = opening + 1, adjustments = -1 WHERE number = 2",
    "settlement.statement_of_its_account": f"{STATEMENT} currency = 'USD'",
    "settlement.outcome": f"{STATEMENT} outcome = 'carried', carried = 'paused' WHERE number = 1",
    "settlement.payout_posted": "DELETE FROM ledger_transaction WHERE kind = 'payout.paid'",
    "settlement.transit_is_open_payouts": f"{PAYOUT} state = 'unknown' WHERE paid_at IS NOT NULL",
    "settlement.payout_just_after_its_close": "UPDATE ledger_entry SET guarded = false WHERE guarded",
    "settlement.bank_is_paid_payouts": "DELETE FROM settlement_payout",
    "settlement.approved_by_two": (
        "ALTER TABLE settlement_payout DROP CONSTRAINT payout_approved_by_two;"
        f" {PAYOUT} first_approved_by_id = second_approved_by_id"
    ),
    "settlement.approved_in_time": (
        "ALTER TABLE settlement_payout DROP CONSTRAINT payout_approved_within_three_days;"
        f" {PAYOUT} first_approved_at = first_approved_at - interval '73 hours',"
        " first_proved_at = first_proved_at - interval '73 hours'"
    ),
    "settlement.not_by_who_changed_the_account": (
        f"{ACCOUNT} changed_by_id = (SELECT first_approved_by_id"
        " FROM settlement_payout WHERE first_approved_by_id IS NOT NULL LIMIT 1)"
    ),
    "settlement.mode_permits": "UPDATE merchants_licence SET valid_to = '2024-12-31'",
    "settlement.sent_is_asked": (
        "ALTER TABLE settlement_payout DROP CONSTRAINT payout_open_is_asked;"
        f" {PAYOUT} state = 'unknown', next_query_at = NULL WHERE paid_at IS NOT NULL"
    ),
    "settlement.told": "DELETE FROM outbox_event WHERE topic = 'payout.paid'",
    "settlement.statements_as_closed": (
        "DELETE FROM settlement_statement WHERE id NOT IN (SELECT statement_id FROM settlement_payout)"
    ),
    "settlement.statement_discounts": f"{STATEMENT} discounts = 1 WHERE number = 1",
    "settlement.paid_to_its_merchant": f"{PAYOUT} bank_account_id = gen_random_uuid()",
    "settlement.bank_accounts_as_added": f"{ACCOUNT} last_four = '9999'",
    "settlement.bank_accounts_confirmed": f"{ACCOUNT} confirmed_by_id = gen_random_uuid()",
    "settlement.approved_when_told": f"{PAYOUT} first_approved_at = first_approved_at - interval '6 minutes',"
    " first_proved_at = first_proved_at - interval '6 minutes'",
}
# More of what the same rules are there for.
MORE_CRIMES = [
    (
        "settlement.paid_to_its_merchant",
        # To another account, even of the same merchant, and the row of the first is out of the way.
        f"{ACCOUNT} id = 'ffffffff-ffff-ffff-ffff-ffffffffffff';"
        f" {PAYOUT} bank_account_id = 'ffffffff-ffff-ffff-ffff-ffffffffffff'",
    ),
    ("settlement.bank_accounts_as_added", "DELETE FROM settlement_bankaccount"),
    ("settlement.bank_accounts_as_added", f"{ACCOUNT} bank = 'Another'"),
    (
        "settlement.bank_accounts_as_added",
        f"{ACCOUNT} fingerprint = '0123456789abcdef'",
    ),
    (
        "settlement.bank_accounts_as_added",
        f"{ACCOUNT} changed_by_id = (SELECT first_approved_by_id FROM settlement_payout"
        " WHERE first_approved_by_id IS NOT NULL LIMIT 1)",
    ),
    (
        "settlement.bank_accounts_as_added",
        f"{ACCOUNT} changed_at = changed_at - interval '72 hours'",
    ),
    ("settlement.bank_accounts_confirmed", "DELETE FROM audit_row WHERE action = 'bank_account.confirmed'"),
    (
        "settlement.statements_as_closed",
        "DELETE FROM settlement_statement; DELETE FROM settlement_payout",
    ),
    ("settlement.mode_permits", f"{PAYOUT} licence_id = gen_random_uuid()"),
    (
        "settlement.approved_when_told",
        # All of it moved to another day, as if it were a history that was told afterwards.
        f"{PAYOUT} drafted_at = drafted_at - interval '1 day', first_approved_at = first_approved_at"
        " - interval '1 day', first_proved_at = first_proved_at - interval '1 day', second_approved_at ="
        " second_approved_at - interval '1 day', second_proved_at = second_proved_at - interval '1 day'",
    ),
    (
        "settlement.approved_when_told",
        f"{PAYOUT} drafted_at = first_approved_at + interval '1 second' WHERE first_approved_at IS NOT NULL",
    ),
]


@pytest.fixture
def history(merchant) -> None:
    """Three periods: the payout of the first was paid, that of the second waits; the third is carried."""
    make.bank()
    make.sale(merchant, 10_000, fee=100)
    payouts.send(make.approved(make.settled(merchant).payout))
    make.sale(merchant, 700, at=make.PERIOD_END + timedelta(hours=1))
    make.settled(merchant, make.PERIOD_END + timedelta(days=1))
    make.sale(merchant, 300, at=make.PERIOD_END + timedelta(days=1, hours=1))
    Schedule.objects.create(merchant=merchant, paused=True)
    make.settled(merchant, make.PERIOD_END + timedelta(days=2))
    connection.check_constraints()


def broken() -> set[str]:
    return {each.code for each in INVARIANTS if not auditor.check(each).holds}


def test_a_lawful_history_holds(history):
    assert broken() == set()


@pytest.mark.parametrize(("code", "crime"), [*CRIMES.items(), *MORE_CRIMES])
def test_an_invariant_finds_what_it_is_there_for(history, code, crime):
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(crime)
        cursor.execute("SET session_replication_role = origin")
    assert code in broken()


def test_every_invariant_is_proven_to_find_something():
    assert set(CRIMES) == {each.code for each in INVARIANTS}
