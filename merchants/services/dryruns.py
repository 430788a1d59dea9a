"""The dry run of an import: what it would do, with examples, before anything is on the shelf."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import orjson
from django.db import connection, transaction

import vault

from ..lines import BadLine, Judged, Layout
from ..models import StockBatch, UploadChunk
from ..states import BATCH, BatchState
from . import uploads
from .stock import CONTEXT

EXAMPLES = 5
"""How many lines of a kind are shown."""

INLINE_LINES = 5_000
"""Up to here the request of the upload does the dry run itself; above, a worker does."""

_CONTEXT = "merchants.batch_findings"
_TEXT = 60

_STAGE = "CREATE TEMPORARY TABLE stock_checking (line int, fingerprint bytea) ON COMMIT DROP"
_COUNT = """
    SELECT count(*) - count(DISTINCT fingerprint), (
        SELECT count(DISTINCT staged.fingerprint) FROM stock_checking AS staged
        JOIN merchants_stockitem AS item USING (fingerprint) WHERE item.product_id = %s
    ) FROM stock_checking
"""
_REPEATED = """
    SELECT line FROM (
        SELECT line, row_number() OVER (PARTITION BY fingerprint ORDER BY line) AS place FROM stock_checking
    ) AS staged WHERE place > 1 ORDER BY line LIMIT %s
"""
_KNOWN = """
    SELECT min(staged.line) FROM stock_checking AS staged
    JOIN merchants_stockitem AS item USING (fingerprint) WHERE item.product_id = %s
    GROUP BY staged.fingerprint ORDER BY 1 LIMIT %s
"""


@dataclass(slots=True)
class Findings:
    """Examples of a dry run: (line number, text) of each kind. Kept sealed: the texts are keys."""

    good: list[tuple[int, str]] = field(default_factory=list)
    repeated: list[tuple[int, str]] = field(default_factory=list)
    known: list[tuple[int, str]] = field(default_factory=list)
    bad: list[tuple[int, str, str]] = field(default_factory=list)  # line, why, text


def check(batch: StockBatch, *, layout: Layout | None = None) -> StockBatch:
    """Count what an import would do and keep examples. May be done again, with another layout.

    Raises IllegalMove once the import has begun.
    """
    with transaction.atomic():
        batch = StockBatch.objects.select_for_update(no_key=True).get(pk=batch.pk)
        BATCH.check(BatchState(batch.state), BatchState.CHECKED)
        if layout is not None:
            batch.layout = {**batch.layout, **layout.as_json()}
        _count(batch)
        batch.state = BatchState.CHECKED
        batch.save()
    return batch


def findings(batch: StockBatch) -> Findings:
    """The examples of the last dry run, opened."""
    if not batch.findings:
        return Findings()
    opened = vault.open(batch.merchant_id, batch.findings, context=_CONTEXT, row=batch.id)
    return Findings(**orjson.loads(opened))


def _count(batch: StockBatch) -> None:
    found = Findings()
    sealer = vault.sealer(batch.merchant_id, context=CONTEXT)
    batch.lines = batch.blank = batch.malformed = 0
    with connection.cursor() as cursor:
        cursor.execute(_STAGE)
        for chunk in uploads.chunks_of(batch.id):
            judged = uploads.read(chunk, batch)
            _stage(cursor, judged.numbers, sealer.fingerprints(judged.keys))
            _add(batch, found, judged)
        cursor.execute("ANALYZE stock_checking")
        cursor.execute(_COUNT, [batch.product_id])
        batch.repeated, batch.known = cursor.fetchone()
        cursor.execute(_REPEATED, [EXAMPLES])
        repeated = [line for (line,) in cursor.fetchall()]
        cursor.execute(_KNOWN, [batch.product_id, EXAMPLES])
        known = [line for (line,) in cursor.fetchall()]
        cursor.execute("DROP TABLE stock_checking")
    texts = _texts(batch, {*repeated, *known})
    found.repeated = [(line, texts[line]) for line in repeated]
    found.known = [(line, texts[line]) for line in known]
    batch.findings = vault.seal(batch.merchant_id, orjson.dumps(found), context=_CONTEXT, row=batch.id)


def _stage(cursor: Any, numbers: list[int], fingerprints: list[bytes]) -> None:
    with cursor.copy("COPY stock_checking FROM STDIN (FORMAT BINARY)") as copy:
        copy.set_types(["int4", "bytea"])
        for row in zip(numbers, fingerprints, strict=True):
            copy.write_row(row)


def _add(batch: StockBatch, found: Findings, judged: Judged) -> None:
    batch.lines += judged.lines
    batch.blank += judged.blank
    batch.malformed += len(judged.bad)
    found.bad += [_example(line) for line in judged.bad[: EXAMPLES - len(found.bad)]]
    wanted = EXAMPLES - len(found.good)
    found.good += [
        (number, key.decode()[:_TEXT])
        for number, key in zip(judged.numbers[:wanted], judged.keys[:wanted], strict=True)
    ]


def _example(line: BadLine) -> tuple[int, str, str]:
    return line.number, line.wrong, line.text[:_TEXT]


def _texts(batch: StockBatch, lines: Iterable[int]) -> dict[int, str]:
    """The keys on these lines. Opens only the chunks that hold them."""
    texts: dict[int, str] = {}
    wanted = set(lines)
    for chunk in UploadChunk.objects.filter(batch=batch).only("number", "first_line", "lines"):
        mine = wanted.intersection(range(chunk.first_line, chunk.first_line + chunk.lines))
        if mine:
            judged = uploads.read(chunk, batch)
            keys = dict(zip(judged.numbers, judged.keys, strict=True))
            texts |= {line: keys[line].decode()[:_TEXT] for line in mine}
    return texts
