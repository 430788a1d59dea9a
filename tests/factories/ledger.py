"""Makes account keys and postings for tests. Nothing is written until it is posted."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import factory

from kernel import clock, ids
from kernel.actors import SYSTEM
from kernel.books import Book
from ledger.legs import AccountKey, Leg, Posting
from ledger.purposes import OF_A_STORE, OwnerKind, Purpose

PLATFORMS = {Purpose.PLATFORM_FEE, Purpose.CHANNEL_FEE, Purpose.BANK, Purpose.ROUNDING, Purpose.FX}


class AccountKeyFactory(factory.Factory[AccountKey]):
    """A merchant's account in yuan in the live book; of a new merchant each time."""

    class Meta:
        model = AccountKey

    owner_kind = OwnerKind.MERCHANT
    owner_id = factory.LazyFunction(ids.new)
    purpose = Purpose.MERCHANT
    currency = "CNY"
    book = Book.LIVE
    store_id = None


class PostingFactory(factory.Factory[Posting]):
    """A transaction of the platform itself, now; its legs are for the test to say."""

    class Meta:
        model = Posting

    reference = factory.LazyFunction(lambda: f"test:{ids.new()}")
    kind = "test.moved"
    subject = factory.LazyFunction(lambda: ("test", ids.new()))
    legs: Sequence[Leg] = ()
    occurred_at = factory.LazyFunction(clock.now)
    actor = SYSTEM
    book = Book.LIVE


def key(purpose: Purpose = Purpose.MERCHANT, owner: UUID | None = None, **fields: Any) -> AccountKey:
    """An account of this purpose: the platform's where it is the platform's, else a merchant's."""
    if purpose in PLATFORMS:
        fields |= {"owner_kind": OwnerKind.PLATFORM, "owner_id": None}
    elif owner is not None:
        fields["owner_id"] = owner
    if purpose in OF_A_STORE:
        fields.setdefault("store_id", ids.new())
    return AccountKeyFactory(purpose=purpose, **fields)


def moved(debit: AccountKey, credit: AccountKey, amount: int, **fields: Any) -> Posting:
    """`amount` from the credited account to the debited one."""
    fields.setdefault("book", debit.book)
    return PostingFactory(legs=[Leg(debit, amount), Leg(credit, -amount)], **fields)


def sold(
    merchant: AccountKey, amount: int, available_at: datetime | None = None, fee: int = 0, **fields: Any
) -> Posting:
    """A sale as payments post it: a channel owes it; it is owed to the merchant, less the platform's fee."""
    receivable = key(
        Purpose.CHANNEL_RECEIVABLE,
        owner_kind=OwnerKind.CHANNEL_ACCOUNT,
        currency=merchant.currency,
        book=merchant.book,
    )
    income = key(Purpose.PLATFORM_FEE, currency=merchant.currency, book=merchant.book)
    legs = [Leg(receivable, amount), Leg(merchant, -amount, available_at)]
    if fee:
        legs += [Leg(merchant, fee, available_at), Leg(income, -fee)]
    return PostingFactory(legs=legs, book=merchant.book, kind="payment.captured", **fields)


def paid_out(merchant: AccountKey, amount: int, at: datetime | None = None, **fields: Any) -> Posting:
    """A payout: guarded, it takes no more than there is."""
    transit = key(Purpose.PAYOUT_TRANSIT, merchant.owner_id, currency=merchant.currency, book=merchant.book)
    legs = [Leg(merchant, amount, at, guarded=True), Leg(transit, -amount)]
    return PostingFactory(legs=legs, book=merchant.book, kind="payout.sent", **fields)
