"""Taking in an upload: sealed in pieces before anything is written, read only to check and to import."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from uuid import UUID

from django.db import transaction

import audit
import vault
from kernel.actors import Actor, ActorKind

from ..decoding import LIMITS, Blocks, Limits, Piece, encoding_of, pieces
from ..errors import NoKeysHere, UploadEmpty
from ..lines import Judged, Layout, judge, names_columns, sniff
from ..models import Product, StockBatch, UploadChunk
from ..states import BatchSource, ProductKind

_CONTEXT = "merchants.upload_chunk"


def receive(
    product: Product,
    blocks: Blocks,
    *,
    source: BatchSource,
    actor: Actor,
    layout: Layout | None = None,
    filename: str = "",
    limits: Limits = LIMITS,
) -> StockBatch:
    """Keep an upload, sealed, as a batch that waits for its dry run. Raises UploadRefused, or NoKeysHere.

    A CSV upload without a layout is read by its first column and the delimiter that it seems to use.
    """
    if product.kind != ProductKind.CARD_KEYS:
        raise NoKeysHere
    encoding = encoding_of(blocks, limits)
    with transaction.atomic():
        batch = StockBatch.objects.create(
            merchant_id=product.merchant_id,
            product=product,
            source=source,
            filename=filename[:120],
            created_by_id=actor.id if actor.kind is ActorKind.MEMBER else None,
        )
        first: Piece | None = None
        for number, piece in enumerate(pieces(blocks, encoding, limits)):
            first = first or piece
            _keep(batch, number, piece)
            batch.chunks = number + 1
        if first is None:
            raise UploadEmpty
        layout = layout or _guess(source, first.text)
        batch.layout = {**layout.as_json(), "encoding": encoding}
        batch.save(update_fields=["chunks", "layout"])
        audit.record(actor, "stock.uploaded", ("batch", batch.id), merchant_id=batch.merchant_id)
    return batch


def read(chunk: UploadChunk, batch: StockBatch) -> Judged:
    """Open a chunk and judge its lines."""
    text = vault.open(batch.merchant_id, chunk.sealed, context=_context(chunk.number), row=batch.id).decode()
    return judge(text, first_line=chunk.first_line, layout=Layout.from_json(batch.layout))


def chunks_of(batch_id: UUID) -> Iterator[UploadChunk]:
    """The chunks that are left, in order, one at a time in memory."""
    numbers = list(
        UploadChunk.objects.filter(batch_id=batch_id).order_by("number").values_list("pk", flat=True)
    )
    for key in numbers:
        yield UploadChunk.objects.get(pk=key)


def drop(batch: StockBatch) -> None:
    """Delete what is left of the upload."""
    UploadChunk.objects.filter(batch=batch).delete()


def _keep(batch: StockBatch, number: int, piece: Piece) -> None:
    sealed = vault.seal(batch.merchant_id, piece.text, context=_context(number), row=batch.id)
    fields: dict[str, Any] = {"first_line": piece.first_line, "lines": piece.lines, "sealed": sealed}
    UploadChunk.objects.create(batch=batch, number=number, **fields)


def _context(number: int) -> str:
    return f"{_CONTEXT}.{number}"


def _guess(source: BatchSource, text: str) -> Layout:
    if source is not BatchSource.CSV:
        return Layout()
    head = text.split("\n", 1)[0]
    layout = Layout(column=1, delimiter=sniff(head))
    return replace(layout, has_header=names_columns(head, layout))
