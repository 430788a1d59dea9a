"""Tables that a spreadsheet opens: read as they were written, and nothing in them is computed."""

import csv as library
import io
from decimal import Decimal

import pytest
from django.utils import translation

from web import spreadsheets


def read(pieces: bytes) -> list[list[str]]:
    return list(library.reader(io.StringIO(pieces.decode("utf-8-sig"))))


@pytest.mark.parametrize("sign", [*"=+-@\t\r\n", *"＝＋－＠"])
def test_a_text_that_would_be_computed_is_marked_as_one(sign: str):
    assert read(spreadsheets.lines([[f"{sign}cmd|'/c calc'!A0"]]))[0][0].startswith(f"'{sign}")


def test_a_text_with_a_sign_within_stays_as_it_is():
    assert read(spreadsheets.lines([["a=b", "7-11", "who@example.com"]])) == [
        ["a=b", "7-11", "who@example.com"]
    ]


def test_a_negative_number_stays_a_number():
    assert read(spreadsheets.lines([[Decimal("-1.50"), -2]])) == [["-1.50", "-2"]]


def test_a_file_begins_with_its_mark_and_with_heads_in_the_readers_language():
    with translation.override("zh-hans"):
        written = b"".join(spreadsheets.csv(["Order"], [["=1"]]))
    assert written == "\ufeff订单\r\n'=1\r\n".encode()
