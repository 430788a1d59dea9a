"""The tables of the ledger, a noun a file."""

from .account import Account
from .close import Close
from .entry import Entry
from .link import Link
from .transaction import Transaction

__all__ = ["Account", "Close", "Entry", "Link", "Transaction"]
