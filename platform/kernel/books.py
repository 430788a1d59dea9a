"""The two books. Every row about money stands in one of them, and nothing adds across them."""

from enum import StrEnum


class Book(StrEnum):
    """`LIVE` is real money; `SANDBOX` is a twin's play money on the same code."""

    LIVE = "live"
    SANDBOX = "sandbox"
