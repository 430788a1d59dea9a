"""Imports: from a checked upload to keys on the shelf, a chunk a commit.

A chunk is imported, counted and deleted by one commit, so a worker that dies leaves whole chunks behind, and
the next one goes on with the rest: nothing is lost and nothing comes twice.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Q

import audit
import vault
from kernel import clock, ids
from kernel.actors import SYSTEM, Actor
from kernel.crash import crash_point

from ..models import StockBatch, UploadChunk
from ..states import BATCH, BatchState
from . import copying, uploads, wake
from .stock import CONTEXT

KEPT = timedelta(hours=24)
"""How long an upload waits, sealed, for somebody to confirm it."""

_STALLED = timedelta(seconds=30)

_STAGE = """
    CREATE TEMPORARY TABLE stock_arriving (id uuid, sealed bytea, fingerprint bytea) ON COMMIT DROP
"""
# Sorted by what the unique key holds: two imports with the same keys then wait for each other in one order.
_MERGE = """
    INSERT INTO merchants_stockitem (id, merchant_id, product_id, batch_id, sealed, fingerprint, state)
    SELECT id, %s, %s, %s, sealed, fingerprint, 'available' FROM stock_arriving ORDER BY fingerprint
    ON CONFLICT (product_id, fingerprint) DO NOTHING
"""


def begin(batch: StockBatch, *, actor: Actor) -> StockBatch:
    """Let a checked upload be imported; a worker does it. Raises IllegalMove."""
    with transaction.atomic():
        batch = move(batch, BatchState.IMPORTING, actor, "stock.import_begun", started_at=clock.now())
        wake.worker("merchants.import_stock", batch.id)
    return batch


def cancel(batch: StockBatch, *, actor: Actor) -> StockBatch:
    """Forget an upload that was not begun. Raises IllegalMove."""
    with transaction.atomic():
        batch = move(batch, BatchState.CANCELLED, actor, "stock.import_cancelled", findings=b"")
        uploads.drop(batch)
    return batch


def run(batch_id: UUID) -> None:
    """Import what is left of a batch; nothing, if it is not importing or another worker has it."""
    while step(batch_id):
        crash_point("import.between_chunks")


def step(batch_id: UUID) -> bool:
    """Import one chunk, or finish; whether there may be more to do."""
    with transaction.atomic():
        batch = (
            StockBatch.objects.select_for_update(no_key=True, skip_locked=True)
            .filter(pk=batch_id, state=BatchState.IMPORTING)
            .first()
        )
        if batch is None:
            return False
        chunk = UploadChunk.objects.filter(batch=batch).order_by("number").first()
        if chunk is None:
            _finish(batch)
            return False
        keys = uploads.read(chunk, batch).keys
        batch.imported += _bring_in(batch, keys)
        crash_point("import.before_commit")
        chunk.delete()
        batch.chunks_done += 1
        batch.progressed_at = clock.now()
        batch.save(update_fields=["imported", "chunks_done", "progressed_at"])
    return True


def move(
    batch: StockBatch, target: BatchState, actor: Actor, action: str, *, reason: str = "", **fields: Any
) -> StockBatch:
    """Bring an import to its next state, on record. Raises IllegalMove."""
    with transaction.atomic():
        batch = StockBatch.objects.select_for_update(no_key=True).get(pk=batch.pk)
        BATCH.check(BatchState(batch.state), target)
        batch.state = target
        for name, value in fields.items():
            setattr(batch, name, value)
        batch.save(update_fields=["state", *fields])
        audit.record(actor, action, ("batch", batch.id), merchant_id=batch.merchant_id, reason=reason)
    return batch


def stalled(state: BatchState = BatchState.IMPORTING) -> list[UUID]:
    """Imports that nobody is working on: never woken, left by a worker that died, waiting for buyers."""
    before = clock.now() - _STALLED
    idle = Q(progressed_at__lt=before) | Q(progressed_at__isnull=True, started_at__lt=before)
    waiting = StockBatch.objects.filter(idle, state=state)
    return list(waiting.order_by("created_at").values_list("pk", flat=True)[:100])


def forget_abandoned() -> int:
    """Cancel uploads that nobody confirmed within KEPT. Gives their number."""
    old = StockBatch.objects.filter(
        state__in=[BatchState.RECEIVED, BatchState.CHECKED], created_at__lt=clock.now() - KEPT
    )
    batches = list(old[:100])
    for batch in batches:
        cancel(batch, actor=SYSTEM)
    return len(batches)


def _finish(batch: StockBatch) -> None:
    batch.state, batch.finished_at, batch.findings = BatchState.IMPORTED, clock.now(), b""
    batch.save(update_fields=["state", "finished_at", "findings"])
    facts = {"imported": batch.imported, "lines": batch.lines}
    audit.record(SYSTEM, "stock.imported", ("batch", batch.id), merchant_id=batch.merchant_id, facts=facts)


def _bring_in(batch: StockBatch, keys: Sequence[bytes]) -> int:
    """Seal the keys and put those on the shelf that are not in stock. Gives their number."""
    sealer = vault.sealer(batch.merchant_id, context=CONTEXT)
    rows = [ids.new() for _ in keys]
    arriving = copying.rows(rows, sealer.seal_many(keys, rows), sealer.fingerprints(keys))
    with connection.cursor() as cursor:
        cursor.execute(_STAGE)
        with cursor.copy("COPY stock_arriving FROM STDIN (FORMAT BINARY)") as copy:
            copy.write(arriving)
        cursor.execute(_MERGE, [batch.merchant_id, batch.product_id, batch.id])
        imported = int(cursor.rowcount)
        cursor.execute("DROP TABLE stock_arriving")
    return imported
