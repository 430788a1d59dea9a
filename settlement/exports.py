"""Statements as files: CSV and XLSX, equal to the ledger to the unit. A million lines never lie in memory.

Texts that a spreadsheet would read as a formula are disarmed; amounts are numbers.
"""

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from typing import IO, Any
from zoneinfo import ZoneInfo

import xlsxwriter
from django.utils.translation import gettext as _

from kernel.errors import said
from kernel.money import Money, exponent
from web import spreadsheets

from . import schedules, words
from .lines import Line
from .models import Statement
from .services import statements

SHEET_ROWS = 1_000_000  # a sheet of XLSX ends at 1,048,576
_CHUNK = 500
_SPOOLED_BYTES = 1_048_576

COLUMNS = (
    said("Counts from"),
    said("Happened at"),
    said("Category"),
    said("Kind"),
    said("Order"),
    said("Payment"),
    said("Reference"),
    said("Amount"),
    said("Currency"),
    said("Price before codes"),
    said("Discount"),
    said("In words"),
)
_MOMENTS = 2  # the first columns are moments

FIGURES = {
    "opening": said("Opening balance"),
    "sales": said("Sales"),
    "refunds": said("Refunds"),
    "fees": said("Fees"),
    "adjustments": said("Adjustments"),
    "disputes": said("Disputes"),
    "payouts": said("Payouts"),
    "closing": said("Closing balance"),
}
CATEGORIES = {name: title for name, title in FIGURES.items() if name not in ("opening", "closing")}


def filename(statement: Statement, extension: str) -> str:
    """`statement-CNY-0007-2026-11-18.csv`: the name under which it is downloaded."""
    zone = ZoneInfo(schedules.of(statement.merchant_id).zone)
    return f"statement-{statement.title}-{statement.upto.astimezone(zone):%Y-%m-%d}.{extension}"


def csv(statement: Statement) -> Iterator[bytes]:
    """The statement in pieces, to be streamed: its figures, an empty row, and every line."""
    zone = ZoneInfo(schedules.of(statement.merchant_id).zone)
    yield spreadsheets.BOM.encode()
    yield spreadsheets.lines(_summary(statement))
    yield spreadsheets.lines([_heads(zone)])
    page: list[Sequence[Any]] = []
    for line in statements.lines(statement):
        page.append(
            [
                *_texts(line, zone),
                line.amount.decimal,
                line.amount.currency,
                *_memo(line),
                _(words.of_line(line)),
            ]
        )
        if len(page) == _CHUNK:
            yield spreadsheets.lines(page)
            page = []
    yield spreadsheets.lines(page)


def xlsx(statement: Statement) -> IO[bytes]:
    """The statement as an open file that vanishes when it is closed; a large one lies on the disk."""
    zone = ZoneInfo(schedules.of(statement.merchant_id).zone)
    file: IO[bytes] = tempfile.SpooledTemporaryFile(max_size=_SPOOLED_BYTES)  # noqa: SIM115 (the caller's)
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    book = xlsxwriter.Workbook(file, options)
    decimals = exponent(statement.currency)
    styles = {
        "bold": book.add_format({"bold": True}),
        "moment": book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"}),
        "money": book.add_format({"num_format": "#,##0" + ("." + "0" * decimals if decimals else "")}),
    }
    _write_summary(book.add_worksheet(_("Summary")), statement, styles)
    _write_lines(book, statements.lines(statement), zone, styles)
    book.close()
    file.seek(0)
    return file


def _summary(statement: Statement) -> list[Sequence[Any]]:
    rows = [[_(FIGURES[name]), money.decimal, money.currency] for name, money in statement.figures]
    memo = [[title, money.decimal, money.currency] for title, money in _discounts(statement)]
    return [[_("Statement"), statement.title, ""], *rows, *memo, []]


def _discounts(statement: Statement) -> list[tuple[str, Money]]:
    """The memo below the figures, where any discount was given."""
    if not statement.discounts:
        return []
    return [
        (_("Discounts given (in no sum)"), statement.money("discounts")),
        (_("Of these borne by the platform"), statement.money("promotions")),
    ]


def _memo(line: Line) -> list[Decimal | str]:
    """Price and discount of a sale with a code, empty of any other line."""
    return [money.decimal if money else "" for money in (line.price, line.discount)]


def _write_summary(sheet: Any, statement: Statement, styles: dict[str, Any]) -> None:
    sheet.set_column(0, 2, 20)
    sheet.write_string(0, 0, _("Statement"), styles["bold"])
    sheet.write_string(0, 1, statement.title)
    figures = [(_(FIGURES[name]), money) for name, money in statement.figures]
    for row, (title, money) in enumerate([*figures, *_discounts(statement)], start=1):
        sheet.write_string(row, 0, title)
        sheet.write_number(row, 1, money.decimal, styles["money"])
        sheet.write_string(row, 2, money.currency)


def _write_lines(book: Any, lines: Iterable[Line], zone: ZoneInfo, styles: dict[str, Any]) -> None:
    """The lines, on as many sheets as they need."""
    sheet, row = _sheet(book, 1, zone, styles), 1
    for place, line in enumerate(lines):
        if place and place % SHEET_ROWS == 0:
            sheet, row = _sheet(book, place // SHEET_ROWS + 1, zone, styles), 1
        texts = _texts(line, zone)
        for column, moment in enumerate((line.available_at, line.occurred_at)):
            # A workbook knows no zones; the head of the column names it.
            told = moment.astimezone(zone).replace(microsecond=0, tzinfo=None)
            sheet.write_datetime(row, column, told, styles["moment"])
        for column, text in enumerate(texts[_MOMENTS:], start=_MOMENTS):
            sheet.write_string(row, column, text)
        sheet.write_number(row, len(texts), line.amount.decimal, styles["money"])
        sheet.write_string(row, len(texts) + 1, line.amount.currency)
        for column, money in enumerate((line.price, line.discount), start=len(texts) + 2):
            if money is not None:
                sheet.write_number(row, column, money.decimal, styles["money"])
        sheet.write_string(row, len(COLUMNS) - 1, _(words.of_line(line)))
        row += 1


def _heads(zone: ZoneInfo) -> list[str]:
    """The titles of the columns; those of moments name the zone."""
    titles = [_(title) for title in COLUMNS]
    return [*(f"{title} ({zone.key})" for title in titles[:_MOMENTS]), *titles[_MOMENTS:]]


def _sheet(book: Any, number: int, zone: ZoneInfo, styles: dict[str, Any]) -> Any:
    sheet = book.add_worksheet(f"{_('Lines')} {number}")
    sheet.set_column(0, len(COLUMNS) - 1, 20)
    sheet.freeze_panes(1, 0)
    for column, title in enumerate(_heads(zone)):
        sheet.write_string(0, column, title, styles["bold"])
    return sheet


def _texts(line: Line, zone: ZoneInfo) -> list[str]:
    """All but the amount, safe to be opened in a spreadsheet."""
    texts = (
        _moment(line.available_at, zone),
        _moment(line.occurred_at, zone),
        _(CATEGORIES[line.category]),
        line.kind,
        line.order,
        line.payment,
        line.subject or line.reference,
    )
    return [spreadsheets.harmless(text) for text in texts]


def _moment(moment: datetime, zone: ZoneInfo) -> str:
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M:%S}"
