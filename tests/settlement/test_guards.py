"""What the database itself refuses, whoever writes."""

from datetime import date, datetime, timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from kernel import clock, ids
from kernel.actors import SYSTEM
from kernel.machine import Machine
from ledger import closes
from merchants.models import Licence, Merchant
from settlement.models import BankAccount, Payout, RailAccount, Statement
from settlement.services import bank_accounts, cycles, payouts
from settlement.states import BANK_ACCOUNT, PAYOUT, STATEMENT, PayoutState
from tests.factories import settlement as make
from tests.factories.merchants import LicenceFactory, UserFactory

pytestmark = pytest.mark.django_db


def refused_by(rule: str, deed) -> None:
    """The deed fails by this rule and no other."""
    with pytest.raises(IntegrityError) as refusal, transaction.atomic():
        deed()
    assert refusal.value.__cause__.diag.constraint_name == rule


def execute(sql: str, *values: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)


@pytest.mark.parametrize(
    ("name", "machine"), [("payout", PAYOUT), ("bank_account", BANK_ACCOUNT), ("statement", STATEMENT)]
)
def test_the_tables_of_moves_are_those_of_the_code(name, machine: Machine):
    states = list(type(machine.start))
    pairs = [(source, target) for source in states for target in states]
    with connection.cursor() as cursor:
        for source, target in pairs:
            cursor.execute(f"SELECT settlement_{name}_may(%s, %s)", [source, target])
            assert cursor.fetchone()[0] == machine.allows(source, target), (source, target)


def draft(statement: Statement, **changes: object) -> None:
    """A payout written past the service."""
    account = bank_accounts.active(statement.merchant_id, statement.currency)
    values = {
        "statement": statement,
        "merchant_id": statement.merchant_id,
        "book": statement.book,
        "currency": statement.currency,
        "amount": 1,
        "bank_account": account,
        "licence_id": statement.merchant.licence_id or Licence.objects.first().pk,
        "drafted_at": clock.now(),
        **changes,
    }
    Payout.objects.create(**values)


class TestMode:
    """W6: no payout where the platform may not hold the money, in neither book."""

    @pytest.fixture(params=["live", "sandbox"])
    def statement(self, request) -> Statement:
        merchant = make.merchant(request.param)
        make.sale(merchant, 10_000)
        statement = make.settled(merchant)  # carried: there is no account yet
        make.bank_account(merchant)
        return statement

    @pytest.mark.parametrize("mode", ["direct", "channel_split", "own_supply"])
    def test_none_is_drafted_in_another_mode(self, statement, mode):
        Merchant.objects.filter(pk=statement.merchant_id).update(settlement_mode=mode)
        refused_by("payout_is_permitted", lambda: draft(statement))

    @pytest.mark.parametrize(
        "licence",
        [{"valid_to": date(2024, 12, 31)}, {"valid_from": date(2098, 1, 1)}, {"jurisdiction": "HK"}],
        ids=["ended", "ahead", "elsewhere"],
    )
    def test_none_is_drafted_without_a_licence_in_force_for_the_country(self, statement, licence):
        other = LicenceFactory.create(**licence)
        # Merchants have a guard of their own against it; this one does not rely on that.
        execute("SET session_replication_role = replica")
        Merchant.objects.filter(pk=statement.merchant_id).update(licence=other)
        execute("SET session_replication_role = origin")
        refused_by("payout_is_permitted", lambda: draft(statement))

    def test_one_that_is_drafted_needs_its_posting(self, statement):
        def commit() -> None:
            draft(statement)
            connection.check_constraints()

        refused_by("payout_is_posted", commit)

    def test_one_is_not_above_its_statement(self, statement):
        refused_by("payout_within_statement", lambda: draft(statement, amount=10_001))

    def test_one_has_its_statements_merchant_and_currency(self, statement):
        other = make.bank_account(make.merchant(statement.book))

        def elsewhere() -> None:
            draft(statement, bank_account=other)
            connection.check_constraints()

        refused_by("payout_bank_account", elsewhere)
        refused_by("payout_statement", lambda: draft(statement, currency="USD"))


FORWARD = [
    ("drafted", "first_approved"),
    ("first_approved", "approved"),
    ("approved", "sent"),
]


def stand(payout: Payout, state: str) -> Payout:
    """The payout, brought lawfully to this state."""
    while payout.state != state:
        payout = payouts.approve(payout, make.operator(), make.proof(), "Looks right.")
    return payout


def step(payout: Payout, target: str, **changes: object) -> None:
    """One step past the service, with all that it needs."""
    now, by = clock.now(), make.operator().id
    needed = {
        "first_approved": {"first_approved_by_id": by, "first_approved_at": now, "first_proved_at": now},
        "approved": {
            "second_approved_by_id": by,
            "second_approved_at": now,
            "second_proved_at": now,
            "next_query_at": now,
        },
        "sent": {"rail_account_id": connected(payout.book), "sent_at": now, "next_query_at": now},
    }.get(target, {})
    Payout.objects.filter(pk=payout.pk).update(state=target, **{**needed, **changes})


def connected(book: str) -> object:
    row = RailAccount(book=book, rail="play", label="Play", gateway="http://127.0.0.1:9/", secrets=b"-")
    RailAccount.objects.filter(book=book).update(in_use=False)
    row.save(force_insert=True)
    return row.pk


@pytest.mark.parametrize(("state", "target"), FORWARD)
def test_every_step_forward_needs_the_permission_and_an_account_in_use(payout, state, target):
    standing = stand(payout, state)
    with transaction.atomic():
        step(standing, target)
        transaction.set_rollback(True)
    Merchant.objects.filter(pk=payout.merchant_id).update(settlement_mode="direct")
    refused_by("payout_is_permitted", lambda: step(standing, target))
    Merchant.objects.filter(pk=payout.merchant_id).update(settlement_mode="platform_payout")
    bank_accounts.retire(payout.bank_account, actor=SYSTEM, reason="A thief's.")
    refused_by("payout_account_is_active", lambda: step(standing, target))


class TestApprovals:
    """W4, by columns and constraints."""

    def test_two_are_two_people(self, payout):
        standing = stand(payout, "first_approved")
        by = standing.first_approved_by_id
        refused_by("payout_approved_by_two", lambda: step(standing, "approved", second_approved_by_id=by))

    def test_the_maker_is_neither(self, merchant):
        make.sale(merchant, 10_000)
        maker = make.operator()
        payout = cycles.run_now(merchant, "CNY", actor=maker).payout
        refused_by(
            "payout_maker_never_approves",
            lambda: step(payout, "first_approved", first_approved_by_id=maker.id),
        )

    @pytest.mark.parametrize("age", [timedelta(minutes=5, seconds=1), timedelta(seconds=-1), None])
    def test_each_has_a_code_that_was_shown_just_before(self, payout, age):
        shown = clock.now() - age if age is not None else None
        refused_by("payout_first_is_proved", lambda: step(payout, "first_approved", first_proved_at=shown))

    def test_the_second_does_not_come_without_the_first(self, payout):
        without("payout_moves")
        refused_by("payout_moves_by_approval", lambda: step(payout, "approved"))

    def test_only_operators_approve(self, payout):
        member = UserFactory.create().pk
        refused_by(
            "payout_approved_by_operators",
            lambda: step(payout, "first_approved", first_approved_by_id=member),
        )

    def test_who_changed_the_account_lately_does_not(self, merchant):
        changer = make.operator()
        account = bank_accounts.add(
            merchant, "CNY", holder="晨光", bank="工商银行", number="622200000009", actor=changer
        )
        bank_accounts.confirm(account, actor=make.operator(), reason="The document fits.")
        make.sale(merchant, 1_000)
        payout = make.settled(merchant).payout
        refused_by(
            "payout_account_changed_by_approver",
            lambda: step(payout, "first_approved", first_approved_by_id=changer.id),
        )

    def test_an_approval_is_never_rewritten(self, payout):
        standing = stand(payout, "first_approved")
        refused_by(
            "payout_keeps_what_happened",
            lambda: Payout.objects.filter(pk=standing.pk).update(first_approved_by_id=make.operator().id),
        )

    def test_the_second_does_not_come_after_three_days(self):
        standing = self.lapsed()
        refused_by("payout_approved_within_three_days", lambda: step(standing, "approved"))

    @pytest.mark.parametrize("early", [timedelta(hours=71, minutes=59), timedelta(0)])
    def test_a_first_approval_that_counts_is_not_replaced(self, early):
        standing = self.lapsed(early)
        later = standing.first_approved_at + timedelta(hours=73)
        refused_by("payout_keeps_what_happened", lambda: self.renew(standing, make.operator().id, later))

    def test_one_that_has_lapsed_is_given_anew_by_an_operator_only(self):
        standing, member = self.lapsed(), UserFactory.create().pk
        refused_by("payout_approved_by_operators", lambda: self.renew(standing, member))

    def test_nor_where_the_merchant_may_not_be_paid_any_more(self):
        standing = self.lapsed()
        Merchant.objects.filter(pk=standing.merchant_id).update(settlement_mode="direct")
        refused_by("payout_is_permitted", lambda: self.renew(standing, make.operator().id))

    def test_one_that_has_lapsed_is_not_taken_away(self):
        standing = self.lapsed()
        gone = {"first_approved_by_id": None, "first_approved_at": None, "first_proved_at": None}
        refused_by(
            "payout_approved_by_operators", lambda: Payout.objects.filter(pk=standing.pk).update(**gone)
        )

    @pytest.mark.parametrize(
        "off", [timedelta(minutes=-6), timedelta(days=-1), timedelta(minutes=6)], ids=str
    )
    def test_one_is_given_now(self, payout, off):
        at = clock.now() + off
        when = {"first_approved_at": at, "first_proved_at": at}
        refused_by("payout_times_are_true", lambda: step(payout, "first_approved", **when))

    def test_the_second_is_given_now_too(self, payout):
        standing, at = stand(payout, "first_approved"), clock.now() + timedelta(minutes=6)
        when = {"second_approved_at": at, "second_proved_at": at}
        refused_by("payout_times_are_true", lambda: step(standing, "approved", **when))

    def test_of_a_payout_told_afterwards_it_lies_behind_the_draft(self):
        with clock.telling(clock.now() - timedelta(days=2)):
            payout = make.drafted()
        at = payout.drafted_at - timedelta(seconds=1)
        when = {"first_approved_at": at, "first_proved_at": at}
        refused_by("payout_times_are_true", lambda: step(payout, "first_approved", **when))

    def test_of_a_payout_told_ahead_there_is_none(self):
        with clock.telling(clock.now() + timedelta(days=2)):
            payout = make.drafted()
        refused_by("payout_times_are_true", lambda: step(payout, "first_approved"))
        at = payout.drafted_at + timedelta(days=1)
        when = {"first_approved_at": at, "first_proved_at": at}
        refused_by("payout_times_are_true", lambda: step(payout, "first_approved", **when))

    def lapsed(self, age: timedelta = timedelta(hours=72, seconds=1)) -> Payout:
        """A payout that was drafted, and first approved, that long ago."""
        with clock.telling(clock.now() - age):
            return stand(make.drafted(), "first_approved")

    def renew(self, payout: Payout, operator_id: object, at: datetime | None = None) -> None:
        at = at or clock.now()
        renewed = {"first_approved_by_id": operator_id, "first_approved_at": at, "first_proved_at": at}
        Payout.objects.filter(pk=payout.pk).update(**renewed)


@pytest.mark.parametrize(
    "target", sorted({*PayoutState} - {"first_approved", "rejected", "cancelled", "drafted"})
)
def test_a_payout_moves_only_as_its_table_allows(payout, target):
    refused_by("payout_moves", lambda: execute_move(payout, target))


def execute_move(payout: Payout, target: str) -> None:
    without("payout_is_approved", "payout_is_still_permitted")  # they would refuse some of these first
    execute("UPDATE settlement_payout SET state = %s WHERE id = %s", target, payout.pk)


def without(*triggers: str) -> None:
    """Switch guards off, to see what another one does alone."""
    connection.check_constraints()
    for trigger in triggers:
        execute(f"ALTER TABLE settlement_payout DISABLE TRIGGER {trigger}")


@pytest.mark.parametrize("ending", ["rejected", "cancelled"])
def test_money_that_is_given_back_is_posted_in_the_same_transaction(payout, ending):
    def commit() -> None:
        Payout.objects.filter(pk=payout.pk).update(state=ending)
        connection.check_constraints()

    refused_by("payout_is_posted", commit)


@pytest.mark.parametrize(
    "change",
    ["amount = amount - 1", "currency = 'USD'", "drafted_at = now()", "id = gen_random_uuid()"],
)
def test_what_a_payout_is_about_never_changes(payout, change):
    refused_by("payout_is_agreed", lambda: execute(f"UPDATE settlement_payout SET {change}"))


@pytest.mark.parametrize(
    "change",
    [
        "reason = 'Another.'",
        "message = 'Another.'",
        "code = 'another'",
        "concluded_at = now()",
        "paid_at = now()",
    ],
)
def test_how_a_payout_ended_is_not_told_otherwise(payout, change):
    payouts.reject(payout, make.operator(), "The document is out of date.")
    refused_by("payout_tells_its_end_once", lambda: execute(f"UPDATE settlement_payout SET {change}"))


@pytest.mark.parametrize(
    ("table", "rule"),
    [
        ("settlement_payout", "payout_is_kept"),
        ("settlement_statement", "statement_is_kept"),
        ("settlement_bankaccount", "bank_account_is_kept"),
    ],
)
def test_nothing_is_deleted(payout, table, rule):
    refused_by(rule, lambda: execute(f"DELETE FROM {table}"))


class TestStatements:
    """Statements are computed, chained and never changed."""

    @pytest.mark.parametrize(
        "change", ["closing = closing + 1, sales = sales + 1", "number = 7", "upto = upto + interval '1 s'"]
    )
    def test_one_stays_as_it_was_written(self, payout, change):
        refused_by("statement_stays", lambda: execute(f"UPDATE settlement_statement SET {change}"))

    def test_a_decision_is_not_taken_back(self, payout):
        refused_by(
            "statement_moves",
            lambda: Statement.objects.update(outcome="carried", carried="paused"),
        )

    def test_one_names_a_close_of_the_ledger(self, payout):
        upto = payout.statement.upto + timedelta(hours=1)
        refused_by("statement_is_its_close", lambda: insert(payout.statement, upto=upto))

    def test_the_writers_figures_count_for_nothing(self, payout):
        later = payout.statement.upto + timedelta(days=1)
        closes.close([payout.statement.account_id], later)
        insert(payout.statement, upto=later, closing=999_999, sales=999_999, number=77)
        written = Statement.objects.get(upto=later)
        assert (written.number, written.opening, written.payouts, written.closing) == (2, 10_000, -10_000, 0)

    def test_one_is_of_the_merchants_own_account(self, payout):
        other = make.merchant()
        refused_by(
            "statement_account_is_the_merchants",
            lambda: insert(payout.statement, merchant_id=other.pk, upto=clock.now()),
        )


def insert(like: Statement, **changes: object) -> None:
    """A statement written past the service."""
    values = {field.attname: getattr(like, field.attname) for field in Statement._meta.concrete_fields}
    Statement.objects.create(**{**values, "id": ids.new(), "outcome": "", **changes})


@pytest.mark.parametrize(
    "change",
    [
        "last_four = '9999'",
        "bank = 'Another'",
        "changed_by_id = NULL, changed_at = now()",
        "currency = 'USD'",
    ],
)
def test_a_bank_accounts_particulars_never_change(payout, change):
    refused_by("bank_account_stays", lambda: execute(f"UPDATE settlement_bankaccount SET {change}"))


def test_a_bank_account_is_active_once_a_currency(merchant):
    account = bank_accounts.add(
        merchant, "CNY", holder="晨光", bank="工商银行", number="622200000009", actor=SYSTEM
    )
    refused_by(
        "bank_account_active_once",
        lambda: BankAccount.objects.filter(pk=account.pk).update(state="active", confirmed_at=clock.now()),
    )
