"""What is posted, as frozen values. Pure: building them touches no database."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from kernel.actors import Actor
from kernel.books import Book

from .purposes import OwnerKind, Purpose


@dataclass(frozen=True, slots=True)
class AccountKey:
    """Names an account. The platform's have no owner; accounts of a store's promises name the store."""

    owner_kind: OwnerKind
    owner_id: UUID | None
    purpose: Purpose
    currency: str
    book: Book
    store_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Leg:
    """A signed amount in minor units of the account's currency: debit positive, credit negative.

    `available_at` None: available when the transaction occurs. A guarded leg that lowers its account's
    balance is refused where the balance would fall below zero, then or at any later time.
    """

    account: AccountKey
    amount: int
    available_at: datetime | None = None
    guarded: bool = False


@dataclass(frozen=True, slots=True)
class Posting:
    """A transaction to be posted. `reference` is unique for ever: `payment:pay_…:captured`.

    `subject` is the type and the id of what it is about. `occurred_at` is when it happened on the clock of
    the merchant concerned, so for a twin it may lie ahead. `facts` hold ids only. `reverses` names the
    transaction that this one takes back, whole or in part.
    """

    reference: str
    kind: str
    subject: tuple[str, UUID]
    legs: Sequence[Leg]
    occurred_at: datetime
    actor: Actor
    book: Book
    facts: Mapping[str, Any] = field(default_factory=dict)
    reverses: UUID | None = None
