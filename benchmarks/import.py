"""script/bench import [--quick]: a million keys in one go, against COPY + merge of the same rows unencrypted.

Rounds are interleaved, each into a product of its own. The import is the worker's own task, in a process of
its own whose peak memory is read at its end. The floor is one COPY into a staging table and one INSERT … ON
CONFLICT into a table with the same columns, keys, checks, indexes and foreign keys, but the key in plain.
"""

import argparse
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit
from uuid import UUID

import psycopg

sys.path.append(str(Path(__file__).parent))
from _report import Goal, conclude, table

DATABASE = "keyway_bench_import"
MEMORY_GOAL_MB = 300
RATE_GOAL = 0.5

_FLOOR = """
    CREATE TABLE floor_stock (LIKE merchants_stockitem INCLUDING DEFAULTS INCLUDING CONSTRAINTS);
    ALTER TABLE floor_stock DROP COLUMN sealed, DROP COLUMN fingerprint, ADD COLUMN key text NOT NULL,
        ADD PRIMARY KEY (id), ADD UNIQUE (product_id, key), ADD UNIQUE (order_id, ordinal),
        ADD FOREIGN KEY (product_id, merchant_id) REFERENCES merchants_product (id, merchant_id),
        ADD FOREIGN KEY (batch_id, product_id) REFERENCES merchants_stockbatch (id, product_id);
    CREATE INDEX ON floor_stock (product_id, id) WHERE state = 'available';
    CREATE INDEX ON floor_stock (product_id, reserved_until) WHERE state = 'reserved';
    CREATE INDEX ON floor_stock (product_id) WHERE state = 'void';
"""
_FLOOR_MERGE = """
    INSERT INTO floor_stock (id, merchant_id, product_id, batch_id, key, state)
    SELECT id, %s, %s, %s, key, 'available' FROM arriving ON CONFLICT (product_id, key) DO NOTHING
"""
_WORKER = """
import sys, time, django
django.setup()
from merchants import tasks
start = time.perf_counter()
tasks.import_stock(sys.argv[1])
seconds = time.perf_counter() - start
status = dict(line.split(":", 1) for line in open("/proc/self/status") if ":" in line)
print(seconds, int(status["VmHWM"].split()[0]) / 1024)
"""


@dataclass(frozen=True)
class Round:
    """Seconds of one round, and the worker's peak in MB."""

    floor: float
    upload: float
    dry_run: float
    imported: float
    peak: float


def main() -> int:
    """Run the rounds and report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="100,000 keys, two rounds; indicative")
    parser.add_argument("--keys", type=int, default=0)
    parser.add_argument("--rounds", type=int, default=0)
    chosen = parser.parse_args()
    keys = chosen.keys or (100_000 if chosen.quick else 1_000_000)
    rounds = chosen.rounds or (2 if chosen.quick else 3)
    with _database():
        done = [_round(number, keys) for number in range(rounds)]
    return _report(done, keys, quick=chosen.quick)


class _database:  # noqa: N801
    """A database of its own on the server that DATABASE_URL names, and Django set up on it."""

    def __enter__(self) -> None:
        parts = urlsplit(os.environ["DATABASE_URL"])
        self._server = psycopg.connect(urlunsplit(parts._replace(path="/postgres")), autocommit=True)
        self._drop()
        self._server.execute(f"CREATE DATABASE {DATABASE}")
        os.environ["DATABASE_URL"] = urlunsplit(parts._replace(path=f"/{DATABASE}"))
        import django

        django.setup()
        from django.core.management import call_command
        from django.db import connection

        call_command("migrate", verbosity=0)
        with connection.cursor() as cursor:
            cursor.execute(_FLOOR)

    def __exit__(self, *_: object) -> None:
        from django.db import connections

        connections.close_all()
        self._drop()

    def _drop(self) -> None:
        self._server.execute(f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")


def _keys(number: int, count: int) -> Iterator[str]:
    """Keys without an order, as bought ones are: an index takes them as they come, in both tables."""
    return (f"{place * 2_654_435_761 % 2**32:08X}-{number:02d}{place:07d}-ABCD" for place in range(count))


def _round(number: int, count: int) -> Round:
    from django.db import connection

    from kernel.actors import SYSTEM
    from merchants.services import dryruns, imports, uploads
    from merchants.states import BatchSource

    product, rows = _product()
    text = "\n".join(_keys(number, count)).encode()
    connection.close()
    floor = _floor(product.merchant_id, product.id, rows, text)
    times = [time.perf_counter()]
    batch = uploads.receive(product, lambda: [text], source=BatchSource.TXT, actor=SYSTEM)
    times.append(time.perf_counter())
    dryruns.check(batch)
    times.append(time.perf_counter())
    imports.begin(batch, actor=SYSTEM)
    seconds, peak = _work(batch.id)
    _prove(batch.id, count)
    rates = f"floor {count / floor:,.0f}/s, import {count / seconds:,.0f}/s"
    print(f"round {number + 1}: {rates}, peak {peak:.0f} MB", flush=True)
    return Round(floor, times[1] - times[0], times[2] - times[1], seconds, peak)


def _product() -> tuple[Any, UUID]:
    """A product, and the batch that the floor's rows belong to."""
    from merchants.models import Merchant, Product, StockBatch, Store

    merchant = Merchant.objects.create(name="Bench", book="live")
    store = Store.objects.create(merchant=merchant, book="live", slug=merchant.id.hex, name_en="Bench")
    product = Product.objects.create(
        merchant=merchant, store=store, slug="keys", name_en="Keys", currency="CNY", price=100
    )
    return product, StockBatch.objects.create(merchant=merchant, product=product, source="txt").id


def _floor(merchant_id: UUID, product_id: UUID, batch_id: UUID, text: bytes) -> float:
    from kernel import ids

    start = time.perf_counter()
    with psycopg.connect(os.environ["DATABASE_URL"]) as floor, floor.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE arriving (id uuid, key text) ON COMMIT DROP")
        with cursor.copy("COPY arriving FROM STDIN (FORMAT BINARY)") as copy:
            copy.set_types(["uuid", "text"])
            for line in text.decode().split("\n"):
                copy.write_row((ids.new(), line))
        cursor.execute(_FLOOR_MERGE, [merchant_id, product_id, batch_id])
    return time.perf_counter() - start


def _work(batch_id: UUID) -> tuple[float, float]:
    done = subprocess.run(
        [sys.executable, "-c", _WORKER, str(batch_id)], stdout=subprocess.PIPE, text=True, check=True
    )
    seconds, peak = done.stdout.split()[-2:]
    return float(seconds), float(peak)


def _prove(batch_id: UUID, count: int) -> None:
    """All keys are there, each once, sealed, and open to what was uploaded."""
    import vault
    from merchants.models import StockBatch, StockItem, UploadChunk
    from merchants.services.stock import CONTEXT
    from merchants.states import BatchState

    batch = StockBatch.objects.get(pk=batch_id)
    items = StockItem.objects.filter(batch=batch)
    if (batch.state, batch.imported, items.count()) != (BatchState.IMPORTED, count, count):
        raise SystemExit(f"The import ended {batch.state} with {batch.imported} of {count} keys.")
    if UploadChunk.objects.filter(batch=batch).exists():
        raise SystemExit("The upload is still there.")
    first = items.order_by("id")[0]
    opened = vault.open(batch.merchant_id, first.sealed, context=CONTEXT, row=first.id)
    if not opened.endswith(b"-ABCD") or opened in bytes(first.sealed):
        raise SystemExit("The first key does not open, or is not sealed.")


def _report(done: list[Round], keys: int, *, quick: bool) -> int:
    floor = keys / statistics.median(one.floor for one in done)
    rate = keys / statistics.median(one.imported for one in done)
    peak = max(one.peak for one in done)
    rows = [
        (
            place + 1,
            f"{keys / one.floor:,.0f}",
            f"{keys / one.imported:,.0f}",
            f"{one.floor / one.imported:.2f}",
            f"{one.upload:.1f}",
            f"{one.dry_run:.1f}",
            f"{one.imported:.1f}",
            f"{one.peak:.0f}",
        )
        for place, one in enumerate(done)
    ]
    head = ("round", "floor keys/s", "import keys/s", "ratio", "upload s", "dry run s", "import s", "peak MB")
    figures = {
        "keys": keys,
        "floor_keys_per_s": round(floor),
        "import_keys_per_s": round(rate),
        "upload_s": round(statistics.median(one.upload for one in done), 2),
        "dry_run_s": round(statistics.median(one.dry_run for one in done), 2),
    }
    goals = [
        Goal("rate against the floor", round(rate / floor, 3), RATE_GOAL),
        Goal("worker's peak MB", round(peak), MEMORY_GOAL_MB, at_least=False),
    ]
    return conclude("import", f"{keys:,} keys\n\n{table(head, rows)}", figures, goals, quick=quick)


if __name__ == "__main__":
    sys.exit(main())
