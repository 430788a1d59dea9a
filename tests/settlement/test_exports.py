"""Statements as files: equal to the ledger to the unit, in either language, and harmless in a spreadsheet."""

import csv as library
import io
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.db import transaction
from django.utils import translation
from openpyxl import load_workbook

from kernel import ids
from kernel.actors import SYSTEM
from kernel.books import Book
from kernel.money import Money
from ledger import posting
from ledger.models import Entry
from payments.postings import Books, Receipt, captured
from settlement import exports
from settlement.fees import SaleFees
from settlement.models import Statement
from settlement.postings import merchant_account
from settlement.services import statements
from tests.factories import ledger as in_ledger
from tests.factories import settlement as make

pytestmark = pytest.mark.django_db


@pytest.fixture
def statement(merchant) -> Statement:
    """Sales, refunds, and a payout in a second period; more lines than are read or written at once."""
    for place in range(3):
        make.sale(merchant, 1_000_001 + place, fee=100)
    make.refund(merchant, 2_000, fee=20)
    make.settled(merchant)
    make.sale(merchant, 7, at=make.PERIOD_END)
    return make.settled(merchant, make.PERIOD_END + timedelta(days=1))


def rows_of(statement: Statement) -> list[list[str]]:
    text = b"".join(exports.csv(statement)).decode("utf-8-sig")
    return list(library.reader(io.StringIO(text)))


def in_the_ledger(statement: Statement) -> list[Decimal]:
    """The amounts of the period, by the ledger's own rows, as the merchant sees them."""
    entries = Entry.objects.filter(account_id=statement.account_id, available_at__lte=statement.upto)
    if statement.previous:
        entries = entries.filter(available_at__gt=statement.previous)
    ordered = entries.order_by("available_at", "id").values_list("amount", flat=True)
    return [Decimal(-amount) / 100 for amount in ordered]


@pytest.mark.parametrize("number", [1, 2])
@pytest.mark.parametrize("at_once", [1, 2, 5_000])
def test_the_csv_has_every_line_of_the_ledger_and_no_other(statement, number, at_once, monkeypatch):
    each = Statement.objects.get(number=number)
    monkeypatch.setattr(statements, "AT_ONCE", at_once)
    rows = rows_of(each)
    lines = rows[rows.index([]) + 2 :]
    assert [Decimal(row[7]) for row in lines] == in_the_ledger(each)
    assert len(lines) == each.entries


def test_the_figures_stand_above_the_lines(statement):
    first = Statement.objects.get(number=1)
    with translation.override("en"):
        rows = rows_of(first)
    assert rows[0][:2] == ["Statement", "CNY-0001"]
    assert rows[1:9] == [
        ["Opening balance", "0.00", "CNY"],
        ["Sales", "30000.06", "CNY"],
        ["Refunds", "-20.00", "CNY"],
        ["Fees", "-2.80", "CNY"],
        ["Adjustments", "0.00", "CNY"],
        ["Disputes", "0.00", "CNY"],
        ["Payouts", "0.00", "CNY"],
        ["Closing balance", "29977.26", "CNY"],
    ]


def test_a_line_says_when_what_and_for_which_order(statement):
    with translation.override("en"):
        row = rows_of(Statement.objects.get(number=1))[11]
    assert row[0] == "2026-11-17 00:00:00"
    assert (row[2], row[3], row[4]) == ("Sales", "payment.captured", "ord_1")
    assert row[5] == row[6]
    assert row[5].startswith("pay_")


def test_the_fees_of_a_sale_are_told_apart(merchant):
    books = Books(merchant.pk, uuid4(), "CNY", Book(merchant.book))
    for platform, channel in ((30, 20), (7, 7)):
        fees = SaleFees(Money(platform, "CNY"), Money(channel, "CNY"), merchant_bears_channel=True)
        receipt = Receipt(
            uuid4(), uuid4(), books, Money(1000, "CNY"), fees, make.PAID_AT, make.PAID_AT, SYSTEM
        )
        with transaction.atomic():
            posting.post(captured(receipt))
    with translation.override("en"):
        rows = rows_of(make.settled(merchant))
    said = {(row[7], row[11]) for row in rows[rows.index([]) + 2 :]}
    assert said == {
        ("10.00", "Sale"),
        ("-0.30", "Platform's fee"),
        ("-0.20", "Channel's fee"),
        ("-0.07", "Platform's fee"),
        ("-0.07", "Channel's fee"),
    }


def test_the_heads_name_the_zone_and_a_workbook_has_real_dates(statement):
    with translation.override("en"), exports.xlsx(Statement.objects.get(number=1)) as file:
        rows = list(load_workbook(file, read_only=True)["Lines 1"].iter_rows(values_only=True))
    assert rows[0][:2] == ("Counts from (Asia/Shanghai)", "Happened at (Asia/Shanghai)")
    assert rows[1][0] == datetime(2026, 11, 17)  # noqa: DTZ001 (a workbook knows no zones)


def test_excel_takes_the_csv_for_utf8(statement):
    assert next(exports.csv(statement)) == b"\xef\xbb\xbf"


def test_the_workbook_equals_the_csv(statement):
    with translation.override("en"), exports.xlsx(statement) as file:
        book = load_workbook(file, read_only=True)
        rows = rows_of(statement)
        summary = {row[0]: row[1] for row in book["Summary"].iter_rows(values_only=True)}
        lines = list(book["Lines 1"].iter_rows(values_only=True))
    figures = {row[0]: row[1] for row in rows[: rows.index([])]}
    assert {name: str(value) for name, value in summary.items() if name == "Statement"} == {
        "Statement": "CNY-0002"
    }
    figures.pop("Statement"), summary.pop("Statement")
    assert {name: round(Decimal(value), 2) for name, value in summary.items()} == {
        name: Decimal(value) for name, value in figures.items()
    }
    written = rows[rows.index([]) + 1 :]
    assert [str(cell) for cell in lines[0]] == written[0]
    assert [
        [*(str(cell or "") for cell in row[:7]), round(Decimal(row[7]), 2), row[8]] for row in lines[1:]
    ] == [[*row[:7], Decimal(row[7]), row[8]] for row in written[1:]]


def test_many_lines_go_on_on_another_sheet(statement, monkeypatch):
    monkeypatch.setattr(exports, "SHEET_ROWS", 4)
    first = Statement.objects.get(number=1)
    with translation.override("en"), exports.xlsx(first) as file:
        book = load_workbook(file, read_only=True)
        counts = {name: len(list(book[name].iter_rows())) - 1 for name in book.sheetnames[1:]}
    assert counts == {"Lines 1": 4, "Lines 2": 4}


@pytest.mark.parametrize("order", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1"])
def test_a_text_that_a_spreadsheet_would_run_is_disarmed(merchant, order):
    key = merchant_account(merchant.pk, "CNY", Book.LIVE)
    with transaction.atomic():
        posting.post(
            in_ledger.sold(key, 100, make.PAID_AT, subject=("payment", ids.new()), facts={"order": order})
        )
    rows = rows_of(make.settled(merchant))
    assert rows[-1][4] == f"'{order}"


def test_a_currency_without_decimals_is_written_without(merchant):
    make.sale(merchant, 5_000, currency="JPY")
    statement = make.settled(merchant, currency="JPY")
    with translation.override("en"):
        assert rows_of(statement)[-1][7:] == ["5000", "JPY", "", "", "Sale"]


def test_the_file_is_named_after_the_last_day(statement):
    assert exports.filename(statement, "csv") == "statement-CNY-0002-2026-11-19.csv"
