"""Mistakes as somebody might make them, small and plausible; the machine they are for must notice every one.

They are made in a copy of the code, or in the copied test's own database. Where the text that a mutant
replaces is no longer there, it fails: a mutant must not rot unnoticed.
"""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from tests.processes import ROOT

_COPIED = ("platform", "merchants", "risk", "settlement", "payments", "tests", "templates")
_FILES = ("manage.py", "pyproject.toml", "requirements.txt")
# As long as the machine takes to live all its histories: it may notice a mistake in the last one.
_PATIENCE = "faulthandler_timeout=3600"
_SALE = "tests/journeys/test_sale_machine.py::test_many_long_histories_of_a_sale_leave_the_books_right"

# What the copied test does to its own database before it begins.
_CONFTEST = """
import pytest
from django.db import connection

FUNCTIONS, STATEMENTS = {functions!r}, {statements!r}


@pytest.fixture(autouse=True)
def mutant(transactional_db):
    with connection.cursor() as cursor:
        for name, old, new in FUNCTIONS:
            cursor.execute("SELECT pg_get_functiondef(oid) FROM pg_proc WHERE proname = %s", [name])
            definition = cursor.fetchone()[0]
            assert old in definition, "The mutant has rotted."
            cursor.execute(definition.replace(old, new))
        for statement in STATEMENTS:
            cursor.execute(statement)
"""


@dataclass(frozen=True)
class Change:
    """In this file (or database function), the one text instead of the other."""

    where: str
    old: str
    new: str


@dataclass(frozen=True)
class Mutant:
    """A mistake: texts of code, texts of database functions, and statements. `sign` is how it shows.

    `machine` is the test that must notice it.
    """

    sign: str
    code: tuple[Change, ...] = ()
    functions: tuple[Change, ...] = ()
    statements: tuple[str, ...] = field(default=())
    machine: str = _SALE


_LEGS, _COVER = "ledger_check_legs", "ledger_check_cover"
_POSTING = "platform/ledger/posting.py"
_CONFIRMATIONS = "payments/services/confirmations.py"
_REFUNDS = "payments/services/refunds.py"

_THE_LEDGER = {
    "no seal": Mutant(
        "Somebody could add a balanced pair", functions=(Change(_LEGS, "'ledger_sealed'", "NULL"),)
    ),
    "no sum": Mutant(
        "Somebody could post legs that do not balance",
        functions=(Change(_LEGS, "WHEN l.total <> 0", "WHEN false"),),
    ),
    "legs in two inserts": Mutant(
        # A sale in the process that was to die may be the first to meet it: its money cannot be confirmed.
        r"ledger_balanced|Nobody died at notice\.before_commit",
        code=(
            Change(
                _POSTING,
                "JOIN booked ON booked.id = l.transaction_id\n    )",
                "JOIN booked ON booked.id = l.transaction_id WHERE l.amount > 0\n    )",
            ),
        ),
    ),
    "entries may be altered": Mutant(
        "Somebody could (alter an amount|delete entries)",
        statements=("DROP TRIGGER ledger_entry_is_kept ON ledger_entry",),
    ),
    "a transaction may be empty": Mutant(
        "Somebody could post (legs that do not balance|a transaction without legs)",
        statements=("DROP TRIGGER ledger_transaction_has_legs ON ledger_transaction",),
    ),
    "a close is what its writer says": Mutant(
        "ledger.closes_exact", statements=("DROP TRIGGER ledger_close_is_computed ON ledger_close",)
    ),
    "late money falls into a closed period": Mutant(
        "ledger.closes_exact|Somebody could post into a closed period",
        code=(
            Change(
                _POSTING,
                "interval '1 microsecond' +\n"
                "                (SELECT max(c.upto) FROM ledger_close c WHERE c.account_id = l.account_id)",
                "NULL",
            ),
        ),
        functions=(
            Change(_LEGS, "WHEN bool_or(l.available_at <=", "WHEN bool_or(false AND l.available_at <="),
        ),
    ),
    "no cover": Mutant(
        "More was paid out|Somebody could spend|ledger.covered",
        code=(Change(_POSTING, "    _require_cover(postings, numbers)\n", ""),),
        functions=(Change(_LEGS, "IF has_guarded THEN", "IF false THEN"),),
    ),
    "cover is read, then written": Mutant(
        "More was paid out|ledger.covered",
        code=(
            Change(
                "platform/ledger/cover.py",
                '    _LOCK.rows("{" + ",".join(map(str, sorted(keys))) + "}")\n',
                "",
            ),
        ),
        functions=(Change(_COVER, "ORDER BY a.id FOR NO KEY UPDATE", "ORDER BY a.id"),),
    ),
}
_THE_SALE = {
    "no unique notice": Mutant(
        "Somebody could store a notice twice|payments.success_proved",
        code=(
            Change(
                "payments/services/notices.py",
                "ON CONFLICT (account_id, key, digest)"
                " DO UPDATE SET state = EXCLUDED.state, reason = EXCLUDED.reason\n"
                "    WHERE payments_notice.state <> 'applied' AND EXCLUDED.state <> payments_notice.state\n",
                "",
            ),
        ),
        statements=("ALTER TABLE payments_notice DROP CONSTRAINT notice_once",),
    ),
    "a channel's transaction counts twice": Mutant(
        "Somebody could use one channel transaction twice", statements=("DROP INDEX payment_txn_once",)
    ),
    "an order is paid twice": Mutant(
        "Somebody could pay an order twice", statements=("DROP INDEX payment_applied_once",)
    ),
    "any signature fits": Mutant(
        "A notice (signed by a thief|tampered with) was accepted",
        code=(
            Change(
                "payments/channels/alipay_notice.py",
                'if not client_of(account).fits(text, fields["sign"]):',
                "if False:",
            ),
        ),
    ),
    "any amount will do": Mutant(
        "A notice of another amount was accepted",
        code=(Change("payments/services/verdicts.py", "if told.paid != standing.money:", "if False:"),),
    ),
    "keys are read, then written": Mutant(
        "a key moves only as its states allow",
        code=(Change("merchants/services/stock.py", " FOR UPDATE SKIP LOCKED\n", "\n"),),
    ),
    "refunds are read, then written": Mutant(
        "payment_refunds_within|payments.refunds_within",
        code=(
            Change(
                _REFUNDS,
                "order = Order.objects.select_for_update(no_key=True).get(pk=order_id)\n"
                "    payment = Payment.objects.select_for_update(no_key=True).get(pk=payment_id)",
                "order = Order.objects.get(pk=order_id)\n    payment = Payment.objects.get(pk=payment_id)",
            ),
        ),
    ),
    "surplus is not posted": Mutant(
        "payments.posted|Transaction matching query does not exist",
        code=(
            Change(
                _CONFIRMATIONS,
                "[sale.posting for sale in sales]",
                "[sale.posting for sale in sales if sale.use is Use.APPLIED]",
            ),
        ),
    ),
    "a coupon is counted without a limit": Mutant(
        "merchants.coupons_counted",
        statements=("ALTER TABLE merchants_coupon DROP CONSTRAINT coupon_used_up",),
    ),
    "an order that ends keeps its codes": Mutant(
        "payments.codes_follow_orders",
        code=(
            Change(
                "payments/services/expiry.py",
                "codes.give_back([(order_id, discount) for order_id, _, _, discount, _ in ended], now)",
                "pass",
            ),
        ),
    ),
    "the platform's discount is not taken back": Mutant(
        "payments.promotion_carried|payments.mirrored",
        code=(Change(_REFUNDS, "promotion=promotion_back(payment, amount)", "promotion=0"),),
    ),
    "a whole refund keeps its codes": Mutant(
        "payments.codes_follow_orders",
        code=(Change(_REFUNDS, "codes.follow_refunds(payment.order, refunded=True)", "pass"),),
    ),
    "late money does not ask for its codes": Mutant(
        "payments.codes_follow_orders",
        code=(
            Change(
                _CONFIRMATIONS,
                "if standing.discount and not codes.take_again",
                "if False and not codes.take_again",
            ),
        ),
    ),
    "an event is lost": Mutant(
        "payments.told_once",
        code=(Change(_CONFIRMATIONS, "    outbox.emit(told)\n", "    outbox.emit(told[1:])\n"),),
    ),
    "a time-out is a failure": Mutant(
        "compare_with_the_wallet",
        code=(
            Change(
                "payments/channels/alipay.py",
                "refund_reason=terms.subject(ask.reason),\n            )\n"
                "        except Unclear as unclear:\n"
                "            return RefundAnswer(RefundState.UNKNOWN, unclear.code)",
                "refund_reason=terms.subject(ask.reason),\n            )\n"
                "        except Unclear as unclear:\n"
                "            return RefundAnswer(RefundState.FAILED, unclear.code)",
            ),
        ),
    ),
    "a refund has a new number each time": Mutant(
        "compare_with_the_wallet|bring_to_rest",
        code=(
            Change(
                "payments/services/refund_facts.py",
                "request_no=refund.request_no,",
                'request_no=f"{refund.request_no}{refund.queries}",',
            ),
        ),
    ),
}
MUTANTS = _THE_LEDGER | _THE_SALE


def words_of(mutant: Mutant, folder: Path) -> str:
    """What the machine says of a copy with this mistake in it. Empty where it noticed nothing."""
    copy = folder / "mutant"
    for name in _COPIED:
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__", "out"))
    for name in _FILES:
        shutil.copy2(ROOT / name, copy / name)
    for change in mutant.code:
        path = copy / change.where
        text = path.read_text()
        assert text.count(change.old) == 1, f"The mutant has rotted: {change.where} has no such text."
        path.write_text(text.replace(change.old, change.new))
    functions = [(change.where, change.old, change.new) for change in mutant.functions]
    conftest = _CONFTEST.format(functions=functions, statements=mutant.statements)
    (copy / "tests/journeys/conftest.py").write_text(conftest)
    # The databases of this run are not the copy's.
    own = ("KEYWAY_TEST_RUN", "PYTEST_")
    env = {name: value for name, value in os.environ.items() if not name.startswith(own)}
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", mutant.machine, "-x", "--tb=short", "-o", _PATIENCE],
        cwd=copy,
        env={**env, "PYTHONPATH": f"{copy / 'platform'}{os.pathsep}{copy}"},
        capture_output=True,
        text=True,
        check=False,
    )
    return ran.stdout if ran.returncode == 1 else ""
