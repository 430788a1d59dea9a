"""Undoing an import: its keys leave the shelf in the worker, a bounded number a commit.

It begins only while nothing of the import is taken. A buyer who takes a key before its turn comes keeps it;
what such a buyer gives back leaves the shelf too, and only then is the import undone.
"""

from uuid import UUID

from django.db import connection, transaction
from django.db.models import QuerySet

import audit
from kernel import clock
from kernel.actors import SYSTEM, Actor
from kernel.crash import crash_point

from ..errors import BatchSold, ReasonMissing
from ..models import StockBatch, StockItem
from ..states import BatchState, StockState
from . import wake
from .imports import move

TASK = "merchants.undo_import"
_CHUNK = 5_000
_FIRST = UUID(int=0)

# In the order of the shelf, from where the last chunk ended; a key that a buyer is taking is left to the end.
_VOID = """
    WITH next AS (
        SELECT id FROM merchants_stockitem
        WHERE product_id = %s AND batch_id = %s AND state = 'available' AND id > %s
        ORDER BY id LIMIT %s FOR NO KEY UPDATE SKIP LOCKED
    ), voided AS (
        UPDATE merchants_stockitem AS item SET state = 'void' FROM next WHERE item.id = next.id
        RETURNING item.id
    )
    SELECT count(*), max(id::text) FROM voided
"""


def begin(batch: StockBatch, *, actor: Actor, reason: str) -> StockBatch:
    """Let a worker take an import off the shelf. Raises ReasonMissing, BatchSold, IllegalMove."""
    if not reason.strip():
        raise ReasonMissing
    with transaction.atomic():
        batch = move(
            batch,
            BatchState.UNDOING,
            actor,
            "stock.import_undo_begun",
            reason=reason,
            progressed_at=clock.now(),
        )
        taken = _keys(batch).exclude(state=StockState.AVAILABLE).count()
        if taken:
            raise BatchSold(taken=taken)
        wake.worker(TASK, batch.id)
    return batch


def run(batch_id: UUID) -> None:
    """Take off what is left of it; nothing, if it is not being undone or another worker has it."""
    last: UUID | None = _FIRST
    while last is not None:
        last = step(batch_id, after=last)
        crash_point("undo.between_chunks")


def step(batch_id: UUID, *, after: UUID = _FIRST, limit: int = _CHUNK) -> UUID | None:
    """Take at most `limit` keys behind `after` off the shelf; where it got to, or None at the end."""
    with transaction.atomic():
        batch = (
            StockBatch.objects.select_for_update(no_key=True, skip_locked=True)
            .filter(pk=batch_id, state=BatchState.UNDOING)
            .first()
        )
        if batch is None:
            return None
        with connection.cursor() as cursor:
            cursor.execute(_VOID, [batch.product_id, batch.id, after, limit])
            voided, last = cursor.fetchone()
        batch.voided += voided
        batch.progressed_at = clock.now()
        batch.save(update_fields=["voided", "progressed_at"])
        if not voided:
            _finish(batch)
            return None
    return UUID(last)


def _finish(batch: StockBatch) -> None:
    """It is undone once no key of it can be sold any more; else the sweep comes back to it."""
    still = _keys(batch).filter(state__in=[StockState.AVAILABLE, StockState.RESERVED])
    if still.exists():
        return
    batch.state = BatchState.UNDONE
    batch.save(update_fields=["state"])
    facts = {"voided": batch.voided, "sold": batch.imported - batch.voided}
    subject = ("batch", batch.id)
    audit.record(SYSTEM, "stock.import_undone", subject, merchant_id=batch.merchant_id, facts=facts)


def _keys(batch: StockBatch) -> QuerySet[StockItem]:
    return StockItem.objects.filter(product_id=batch.product_id, batch_id=batch.id)
