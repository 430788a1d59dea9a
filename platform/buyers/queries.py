"""Whose things are a buyer's."""

from dataclasses import dataclass
from datetime import datetime

from .models import Buyer


@dataclass(frozen=True, slots=True)
class Holding:
    """What was bought under `key` is the buyer's; with `until`, only what was bought before."""

    key: bytes
    until: datetime | None = None


def holdings(buyer: Buyer) -> list[Holding]:
    """The buyer's address first, then those of earlier days."""
    if buyer.email_key is None:
        return []
    former = buyer.former_emails.order_by("-until")
    return [Holding(bytes(buyer.email_key)), *(Holding(bytes(row.email_key), row.until) for row in former)]
