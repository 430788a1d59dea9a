"""Discounts on statements: the price and what codes took off it beside the line; in no sum."""

import csv as library
import io
from datetime import timedelta

import pytest
from openpyxl import load_workbook

from kernel import clock
from merchants.states import Carrier, SettlementMode
from settlement import exports, words
from settlement.models import Statement
from settlement.services import statements
from tests.factories import payments as sales
from tests.factories import settlement as make
from tests.factories.coupons import CouponFactory, code_of
from tests.factories.merchants import MerchantFactory
from tests.payments.pages.test_merchants import desk_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def at(db, time_machine) -> sales.Shop:
    """A shop that has sold three: at the full price, with its own code, with the platform's of one half."""
    merchant = MerchantFactory.create(settlement_mode=SettlementMode.OWN_SUPPLY)
    at = sales.shop(merchant=merchant)
    time_machine.move_to(clock.now() - timedelta(days=20))
    code_of(CouponFactory.create(merchant=merchant, amount=300), "OWN")
    code_of(CouponFactory.create(merchant=merchant, amount=500, carrier=Carrier.PLATFORM), "HALF")
    for codes in ((), ("OWN",), ("HALF",)):
        sales.paid(at, codes=codes)
    time_machine.move_to(clock.now() + timedelta(days=20))
    return at


@pytest.fixture
def statement(at) -> Statement:
    return make.settled(at.merchant, clock.now())


def test_the_sum_of_discounts_is_of_the_period_and_says_whose(statement):
    assert (statement.discounts, statement.promotions) == (800, 500)


def test_each_discounted_sale_shows_its_price_once(statement):
    shown = [
        (line.amount.amount, line.price.amount, line.discount.amount)
        for line in statements.lines(statement)
        if line.price and line.discount
    ]
    assert sorted(shown) == [(500, 1000, 500), (700, 1000, 300)]


def test_the_balance_is_what_the_lines_add_up_to(statement):
    assert statement.closing == sum(line.amount.amount for line in statements.lines(statement))
    assert statement.sales == 1000 + 700 + 500 + 500


def test_the_files_show_price_discount_and_memo(statement):
    rows = list(library.reader(io.StringIO(b"".join(exports.csv(statement)).decode("utf-8-sig"))))
    empty = rows.index([])
    assert [row[1] for row in rows[empty - 2 : empty]] == ["8.00", "5.00"]
    memo = [row[9:11] for row in rows[empty + 2 :]]
    assert sorted(memo)[-2:] == [["10.00", "3.00"], ["10.00", "5.00"]]
    assert memo.count(["", ""]) == len(memo) - 2
    book = load_workbook(exports.xlsx(statement))
    cells = [tuple(row[9:11]) for row in book.worksheets[1].iter_rows(min_row=2, values_only=True)]
    assert {(10, 3), (10, 5)} <= set(cells)
    assert [row[1] for row in book.worksheets[0].iter_rows(values_only=True)][-2:] == [8, 5]


def test_the_platforms_part_of_a_discount_is_told_from_the_buyers_money(statement):
    called = [(words.of_line(line), line.amount.amount) for line in statements.lines(statement)]
    given = sorted(each for each in called if each[1] > 0)
    assert given == [("Sale", 500), ("Sale", 700), ("Sale", 1000), (words.MADE_UP_FOR, 500)]


def test_the_page_shows_them(at, statement):
    page = desk_of(at).get(f"/m/{at.merchant.key}/settlements/{statement.key}/").content.decode()
    assert "CN¥10.00 less CN¥3.00" in page
    assert "Codes took CN¥8.00 off the prices of these sales." in page
    assert "Of that, the platform made up for CN¥5.00." in page


def test_a_statement_without_codes_says_nothing_of_them(merchant):
    make.sale(merchant, 1000)
    statement = make.settled(merchant)
    rows = list(library.reader(io.StringIO(b"".join(exports.csv(statement)).decode("utf-8-sig"))))
    assert rows.index([]) == 1 + len(list(statement.figures))
