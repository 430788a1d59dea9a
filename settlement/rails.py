"""The port to whoever carries money out of the house: what a rail does, and which rails there are.

Apps above implement `Rail`; `keyway` binds them. Nothing here touches the database or the network.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from kernel.money import Money

from .errors import NoRail


class TransferState(StrEnum):
    """What a rail says of a transfer. UNKNOWN: it did not say; ask again under the same number."""

    ACCEPTED = "accepted"  # it works on it
    PAID = "paid"
    RETURNED = "returned"
    FAILED = "failed"  # it will never be done under this number
    ABSENT = "absent"  # it has never heard of the number
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Connection:
    """The platform's account at a rail, opened: `secrets` holds plain keys, never logged nor stored."""

    id: UUID
    rail: str
    gateway: str
    settings: Mapping[str, str]
    secrets: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class TransferAsk:
    """Money to be sent under one `request_no` for life. The destination is a merchant's bank account."""

    request_no: str
    amount: Money
    holder: str = field(repr=False)
    bank: str
    number: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class TransferAnswer:
    """What came back from transfer or query. `amount` is what the rail says it is about, where it says so."""

    state: TransferState
    code: str = ""  # the rail's own word
    message: str = ""
    amount: Money | None = None


class Rail(Protocol):
    """Sends money and says what became of it. Never raises for a bank's mood: silence is UNKNOWN."""

    def check(self, account: Connection) -> None:
        """Raise RailRefused unless the connection can work at all. Called before it is saved."""

    def transfer(self, account: Connection, ask: TransferAsk) -> TransferAnswer:
        """Send. Repeated with the same content, it does nothing more and says how the transfer stands."""
        ...

    def query(self, account: Connection, request_no: str) -> TransferAnswer:
        """How the transfer of this number stands."""
        ...


_bound: dict[str, Rail] = {}


def bind(code: str, rail: Rail) -> None:
    """Make a rail known under its code; the composition root does this once."""
    _bound[code] = rail


def rail(code: str) -> Rail:
    """The rail of this code. Raises NoRail."""
    try:
        return _bound[code]
    except KeyError:
        raise NoRail(rail=code[:24]) from None
