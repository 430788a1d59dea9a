"""The only writer of the ledger. Everything that money does goes through `post_many`.

Order of locks: the caller's rows first; then the advisory locks of all accounts of the batch, shared, in
ascending order; then, for guarded legs, the rows of their accounts, FOR NO KEY UPDATE, in ascending order.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

import orjson
from django.db import IntegrityError, connection, transaction

from kernel import ids
from kernel.errors import Problem
from prepared import Statement

from . import accounts, cover
from .errors import AlreadyPosted, BalanceTooLow, Malformed, ReversalTooLarge
from .legs import AccountKey, Leg, Posting

__all__ = ["AccountKey", "Leg", "Posting", "post", "post_many"]

_LOCK = Statement("SELECT pg_advisory_xact_lock_shared(account) FROM unnest($1::bigint[]) AS account")

# One statement, one INSERT into each table. A leg is dated when it is wanted, or just after the last close
# of its account where that is later: a late sale is never refused.
_POST = Statement(
    """
    WITH booked AS (
        INSERT INTO ledger_transaction (id, reference, kind, subject_type, subject_id, reverses_id,
            occurred_at, actor_kind, actor_id, book, facts)
        SELECT id, reference, kind, subject_type, subject_id, reverses_id, occurred_at,
            actor_kind, actor_id, book, facts
        FROM json_to_recordset($1::json) AS t (id uuid, reference text, kind text, subject_type text,
            subject_id uuid, reverses_id uuid, occurred_at timestamptz, actor_kind text, actor_id uuid,
            book text, facts jsonb)
        ON CONFLICT (reference) DO NOTHING RETURNING id
    ), legs AS (
        INSERT INTO ledger_entry (id, transaction_id, account_id, amount, currency, book, available_at,
            guarded)
        SELECT l.id, l.transaction_id, l.account_id, l.amount, l.currency, l.book,
            greatest(l.available_at, interval '1 microsecond' +
                (SELECT max(c.upto) FROM ledger_close c WHERE c.account_id = l.account_id)),
            l.guarded
        FROM json_to_recordset($2::json) AS l (id uuid, transaction_id uuid, account_id bigint, amount bigint,
            currency text, book text, available_at timestamptz, guarded boolean)
        JOIN booked ON booked.id = l.transaction_id
    )
    SELECT id FROM booked
    """
)

_TAKEN = Statement(
    "SELECT reference FROM ledger_transaction WHERE reference IN (SELECT json_array_elements_text($1::json))"
)

# What the database refuses, by the name of the rule.
_REFUSALS: dict[str, type[Problem]] = {"ledger_cover": BalanceTooLow, "ledger_reversal": ReversalTooLarge}


def post(posting: Posting) -> UUID:
    """Post one transaction; see `post_many`."""
    return post_many([posting])[0]


def post_many(postings: Sequence[Posting]) -> list[UUID]:
    """Write these transactions, all or none, in the caller's database transaction. Gives their ids, in order.

    Raises AlreadyPosted where a reference is taken: for a single posting nothing was written and the caller
    may go on; of several some were, so the caller's transaction is marked for rollback. Raises
    BalanceTooLow where a guarded leg lacks cover, ReversalTooLarge, and Malformed for what is no posting at
    all.
    """
    if not postings:
        return []
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("A posting needs the caller's open transaction.")
    for posting in postings:
        _check(posting)
    numbers = accounts.numbers(leg.account for posting in postings for leg in posting.legs)
    _lock(numbers.values())
    _require_cover(postings, numbers)
    new = [ids.new() for _ in postings]
    try:
        booked = _POST.rows(*_rows(postings, new, numbers))
    except IntegrityError as error:
        raise _refusal(error) from error
    if len(booked) < len(postings):
        written = {row[0] for row in booked}
        if written:
            transaction.set_rollback(True)
        taken = [
            posting.reference for posting, number in zip(postings, new, strict=True) if number not in written
        ]
        raise AlreadyPosted(references=taken)
    return new


def _check(posting: Posting) -> None:
    totals: dict[str, int] = defaultdict(int)
    for leg in posting.legs:
        totals[leg.account.currency] += leg.amount
        if not leg.amount:
            raise Malformed(why="a leg of nothing", reference=posting.reference)
        if leg.account.book != posting.book:
            raise Malformed(why="an account of the other book", reference=posting.reference)
    if not totals or any(totals.values()):
        raise Malformed(why="debits and credits differ", reference=posting.reference, totals=dict(totals))


def _require_cover(postings: Sequence[Posting], numbers: dict[AccountKey, int]) -> None:
    try:
        cover.require(postings, numbers)
    except BalanceTooLow:
        # Who repeats what was posted hears that, also where the first time took all that there was.
        references = orjson.dumps([posting.reference for posting in postings]).decode()
        taken = [row[0] for row in _TAKEN.rows(references)]
        if taken:
            raise AlreadyPosted(references=taken) from None
        raise


def _lock(numbers: Iterable[int]) -> None:
    # Shared: postings never wait for one another, only for a close that is being computed. A statement of
    # its own, so that what follows reads the close that it waited for.
    _LOCK.send("{" + ",".join(map(str, sorted(numbers))) + "}")


def _rows(
    postings: Sequence[Posting], new: Sequence[UUID], numbers: dict[AccountKey, int]
) -> tuple[str, str]:
    transactions: list[dict[str, Any]] = []
    legs: list[dict[str, Any]] = []
    for posting, number in zip(postings, new, strict=True):
        transactions.append(
            {
                "id": number,
                "reference": posting.reference,
                "kind": posting.kind,
                "subject_type": posting.subject[0],
                "subject_id": posting.subject[1],
                "reverses_id": posting.reverses,
                "occurred_at": posting.occurred_at,
                "actor_kind": posting.actor.kind,
                "actor_id": posting.actor.id,
                "book": posting.book,
                "facts": posting.facts,
            }
        )
        legs.extend(
            {
                "id": ids.new(),
                "transaction_id": number,
                "account_id": numbers[leg.account],
                "amount": leg.amount,
                "currency": leg.account.currency,
                "book": leg.account.book,
                "available_at": leg.available_at or posting.occurred_at,
                "guarded": leg.guarded,
            }
            for leg in posting.legs
        )
    return orjson.dumps(transactions).decode(), orjson.dumps(legs).decode()


def _refusal(error: IntegrityError) -> Problem:
    rule = getattr(getattr(error.__cause__, "diag", None), "constraint_name", None) or ""
    if rule == "ledger_entry_account":
        accounts.forget()
    return _REFUSALS.get(rule, Malformed)(why=rule)
