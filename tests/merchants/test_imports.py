"""Imports: upload, dry run, chunks, crashes, undoing."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection

import vault
from audit.models import AuditRow
from kernel import clock, ids
from kernel.actors import Actor, ActorKind
from kernel.machine import IllegalMove
from ledger import auditor
from merchants import queries
from merchants.decoding import LIMITS, Limits
from merchants.errors import BatchSold, ReasonMissing, UploadEmpty
from merchants.invariants import INVARIANTS
from merchants.lines import Layout
from merchants.models import Product, StockBatch, StockItem, UploadChunk
from merchants.services import dryruns, imports, stock, undoing, uploads
from merchants.states import BatchSource, BatchState, StockState
from tests.factories.merchants import ProductFactory, UserFactory, stocked


@pytest.fixture
def actor(db: None) -> Actor:
    return Actor(ActorKind.MEMBER, UserFactory.create().id)


@pytest.fixture
def product(db: None) -> Product:
    return ProductFactory.create()


SMALL = Limits(piece_lines=3)
"""Three lines a chunk, so that a short upload has several."""


def upload(product: Product, text: str, actor: Actor, **more: Any) -> StockBatch:
    given = {"source": BatchSource.TXT, "limits": SMALL} | more
    return uploads.receive(product, lambda: [text.encode()], actor=actor, **given)


def imported(product: Product, text: str, actor: Actor, **more: Any) -> StockBatch:
    batch = imports.begin(dryruns.check(upload(product, text, actor, **more)), actor=actor)
    imports.run(batch.id)
    batch.refresh_from_db()
    return batch


def opened(product: Product) -> list[str]:
    items = StockItem.objects.filter(product=product).order_by("id")
    return [
        vault.open(product.merchant_id, item.sealed, context=stock.CONTEXT, row=item.id).decode()
        for item in items
    ]


def keys(count: int) -> str:
    return "\n".join(f"KEY-{number:05d}" for number in range(count))


class TestUploading:
    def test_what_is_kept_of_an_upload_is_sealed(self, product: Product, actor: Actor):
        upload(product, "SECRET-1\nSECRET-2", actor)
        assert not any(b"SECRET" in bytes(chunk.sealed) for chunk in UploadChunk.objects.all())

    def test_nothing_is_on_the_shelf_yet(self, product: Product, actor: Actor):
        upload(product, keys(3), actor)
        assert not StockItem.objects.exists()

    @pytest.mark.parametrize("text", ["", "\ufeff"])
    def test_an_empty_upload_is_refused_and_leaves_nothing(self, product: Product, actor: Actor, text: str):
        with pytest.raises(UploadEmpty):
            upload(product, text, actor)
        assert not StockBatch.objects.exists()

    def test_a_chunk_does_not_open_in_the_place_of_another(self, product: Product, actor: Actor):
        batch = upload(product, keys(6), actor)
        first, second = UploadChunk.objects.filter(batch=batch).order_by("number")
        first.sealed = second.sealed
        with pytest.raises(vault.errors.Unreadable):
            uploads.read(first, batch)


class TestDryRun:
    def test_it_counts_every_line_once(self, product: Product, actor: Actor):
        stocked(product, ["KNOWN-1", "KNOWN-2"])
        text = "A\nB\n\nKNOWN-1\nA\nC\x00C\nD\nB\nKNOWN-1\n  \nE"
        batch = dryruns.check(upload(product, text, actor))
        assert (batch.lines, batch.blank, batch.malformed, batch.repeated, batch.known, batch.importable) == (
            (11, 2, 1, 3, 1, 4)
        )

    def test_it_shows_examples_with_their_line_numbers(self, product: Product, actor: Actor):
        stocked(product, ["KNOWN-1"])
        batch = dryruns.check(upload(product, "A\nB\n\nKNOWN-1\nA\nC\x00C\nD", actor))
        found = dryruns.findings(batch)
        assert (
            list(map(tuple, found.known)),
            list(map(tuple, found.repeated)),
            list(map(tuple, found.bad)),
        ) == (
            [(4, "KNOWN-1")],
            [(5, "A")],
            [(6, "control", "C\x00C")],
        )

    def test_its_examples_are_kept_sealed(self, product: Product, actor: Actor):
        batch = dryruns.check(upload(product, "SECRET-1\nSECRET-1", actor))
        assert b"SECRET" not in bytes(StockBatch.objects.get(pk=batch.pk).findings)

    def test_it_puts_nothing_on_the_shelf(self, product: Product, actor: Actor):
        dryruns.check(upload(product, keys(3), actor))
        assert not StockItem.objects.exists()

    def test_another_layout_is_another_count(self, product: Product, actor: Actor):
        batch = dryruns.check(upload(product, "name;key\na;K1\nb;K2", actor, source=BatchSource.CSV))
        again = dryruns.check(batch, layout=Layout(column=2, delimiter=";", has_header=True))
        assert [key for _, key in dryruns.findings(again).good] == ["K1", "K2"]

    def test_keys_of_another_product_are_not_known(self, product: Product, actor: Actor):
        stocked(ProductFactory.create(store=product.store), ["A"])
        assert dryruns.check(upload(product, "A", actor)).known == 0


class TestImporting:
    def test_keys_are_on_the_shelf_in_the_order_of_the_file(self, product: Product, actor: Actor):
        imported(product, keys(10), actor)
        assert opened(product) == keys(10).split("\n")

    def test_the_upload_is_deleted(self, product: Product, actor: Actor):
        imported(product, keys(10), actor)
        assert not UploadChunk.objects.exists()

    def test_what_the_dry_run_promised_is_what_comes(self, product: Product, actor: Actor):
        stocked(product, ["KNOWN-1"])
        batch = imported(product, "A\nB\n\nKNOWN-1\nA\nC\x00C\nD\nB", actor)
        assert (batch.state, batch.imported, batch.importable) == (BatchState.IMPORTED, 3, 3)

    def test_keys_that_came_in_between_are_skipped(self, product: Product, actor: Actor):
        batch = dryruns.check(upload(product, "A\nB", actor))
        stocked(product, ["A"])
        imports.begin(batch, actor=actor)
        imports.run(batch.id)
        batch.refresh_from_db()
        assert batch.imported == 1

    def test_a_second_run_imports_nothing(self, product: Product, actor: Actor):
        batch = imported(product, keys(5), actor)
        imports.run(batch.id)
        assert StockItem.objects.count() == 5

    def test_the_same_file_again_imports_nothing(self, product: Product, actor: Actor):
        imported(product, keys(5), actor)
        assert imported(product, keys(5), actor).imported == 0

    def test_progress_is_visible_after_each_chunk(self, product: Product, actor: Actor):
        batch = imports.begin(dryruns.check(upload(product, keys(9), actor)), actor=actor)
        imports.step(batch.id)
        batch.refresh_from_db()
        assert (batch.chunks_done, batch.chunks, batch.imported) == (1, 3, 3)

    def test_an_unchecked_upload_is_not_imported(self, product: Product, actor: Actor):
        with pytest.raises(IllegalMove):
            imports.begin(upload(product, keys(3), actor), actor=actor)

    def test_a_cancelled_upload_is_gone(self, product: Product, actor: Actor):
        batch = imports.cancel(dryruns.check(upload(product, keys(3), actor)), actor=actor)
        assert (bytes(batch.findings), UploadChunk.objects.exists()) == (b"", False)

    def test_an_import_that_has_begun_is_not_cancelled(self, product: Product, actor: Actor):
        batch = imports.begin(dryruns.check(upload(product, keys(3), actor)), actor=actor)
        with pytest.raises(IllegalMove):
            imports.cancel(batch, actor=actor)

    def test_every_key_of_a_batch_is_accounted_for(self, product: Product, actor: Actor):
        imported(product, keys(7), actor)
        stock.reserve(product.id, 2, ids.new(), clock.now())
        levels = queries.stock_levels([product.id])[product.id]
        assert (levels.imported, levels.available, levels.reserved, levels.delivered) == (7, 5, 2, 0)

    def test_who_did_it_is_on_record(self, product: Product, actor: Actor):
        batch = imported(product, keys(2), actor)
        deeds = AuditRow.objects.filter(subject_id=batch.id).order_by("id").values_list("action", "actor_id")
        assert list(deeds) == [
            ("stock.uploaded", actor.id),
            ("stock.import_begun", actor.id),
            ("stock.imported", None),
        ]


class TestSweeping:
    def test_an_import_that_nobody_works_on_is_found(self, product: Product, actor: Actor):
        batch = imports.begin(dryruns.check(upload(product, keys(3), actor)), actor=actor)
        StockBatch.objects.filter(pk=batch.pk).update(started_at=clock.now() - timedelta(minutes=5))
        assert imports.stalled() == [batch.pk]

    def test_an_import_at_work_is_left_alone(self, product: Product, actor: Actor):
        batch = imports.begin(dryruns.check(upload(product, keys(9), actor)), actor=actor)
        imports.step(batch.id)
        assert imports.stalled() == []

    def test_an_upload_that_nobody_confirmed_is_forgotten(self, product: Product, actor: Actor):
        old, young = upload(product, keys(3), actor), upload(product, keys(3), actor)
        StockBatch.objects.filter(pk=old.pk).update(created_at=clock.now() - timedelta(hours=25))
        assert imports.forget_abandoned() == 1
        assert list(UploadChunk.objects.values_list("batch_id", flat=True)) == [young.pk]


def undo(batch: StockBatch, actor: Actor) -> StockBatch:
    """Have it undone, and be the worker."""
    undoing.begin(batch, actor=actor, reason="wrong file")
    undoing.run(batch.id)
    batch.refresh_from_db()
    return batch


class TestUndoing:
    def test_all_keys_of_an_unsold_import_become_void(self, product: Product, actor: Actor):
        stocked(product, ["OTHER"])
        batch = undo(imported(product, keys(4), actor), actor)
        states = StockItem.objects.order_by("id").values_list("state", flat=True)
        assert (batch.state, batch.voided, sorted(states)) == ("undone", 4, ["available"] + ["void"] * 4)

    def test_the_request_only_begins_it(self, product: Product, actor: Actor):
        batch = undoing.begin(imported(product, keys(4), actor), actor=actor, reason="wrong file")
        assert (batch.state, StockItem.objects.filter(state="void").count()) == ("undoing", 0)

    def test_it_goes_in_steps_and_another_worker_goes_on_from_there(self, product: Product, actor: Actor):
        batch = undoing.begin(imported(product, keys(5), actor), actor=actor, reason="wrong file")
        undoing.step(batch.id, limit=2)
        batch.refresh_from_db()
        assert (batch.voided, StockItem.objects.filter(state="void").count()) == (2, 2)
        undoing.run(batch.id)
        batch.refresh_from_db()
        assert (batch.state, batch.voided) == ("undone", 5)

    def test_one_that_a_worker_left_is_taken_up(self, product: Product, actor: Actor):
        batch = undoing.begin(imported(product, keys(3), actor), actor=actor, reason="wrong file")
        StockBatch.objects.update(progressed_at=clock.now() - timedelta(minutes=1))
        assert imports.stalled(BatchState.UNDOING) == [batch.id]

    def test_a_key_that_a_buyer_takes_meanwhile_is_waited_for(self, product: Product, actor: Actor):
        batch = undoing.begin(imported(product, keys(3), actor), actor=actor, reason="wrong file")
        order = ids.new()
        stock.reserve(product.id, 1, order, clock.now())
        undoing.run(batch.id)
        assert StockBatch.objects.get().state == "undoing"
        stock.release([order])
        undoing.run(batch.id)
        assert (StockBatch.objects.get().state, StockBatch.objects.get().voided) == ("undone", 3)

    def test_a_key_that_a_buyer_pays_meanwhile_stays_sold(self, product: Product, actor: Actor):
        batch = undoing.begin(imported(product, keys(3), actor), actor=actor, reason="wrong file")
        order = ids.new()
        stock.reserve(product.id, 1, order, clock.now())
        stock.deliver([order])
        undoing.run(batch.id)
        row = AuditRow.objects.get(action="stock.import_undone")
        assert (StockBatch.objects.get().state, row.facts) == ("undone", {"voided": 2, "sold": 1})

    def test_the_auditor_sees_a_key_of_an_undone_import_on_the_shelf(self, product: Product, actor: Actor):
        undo(imported(product, keys(2), actor), actor)
        assert auditor.check(INVARIANTS[0]).holds
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = replica")
            cursor.execute("UPDATE merchants_stockitem SET state = 'available'")
        assert not auditor.check(INVARIANTS[0]).holds

    def test_who_undid_it_and_why_is_on_record(self, product: Product, actor: Actor):
        undo(imported(product, keys(2), actor), actor)
        row = AuditRow.objects.get(action="stock.import_undo_begun")
        assert (row.actor_id, row.reason) == (actor.id, "wrong file")

    def test_an_import_of_which_a_key_is_taken_stays(self, product: Product, actor: Actor):
        batch = imported(product, keys(4), actor)
        stock.reserve(product.id, 1, ids.new(), clock.now())
        with pytest.raises(BatchSold) as refusal:
            undoing.begin(batch, actor=actor, reason="wrong file")
        assert refusal.value.context == {"taken": 1}
        assert StockItem.objects.filter(state=StockState.AVAILABLE).count() == 3

    def test_it_needs_a_reason(self, product: Product, actor: Actor):
        with pytest.raises(ReasonMissing):
            undoing.begin(imported(product, keys(4), actor), actor=actor, reason=" ")

    def test_undone_keys_are_not_imported_again_under_the_same_product(self, product: Product, actor: Actor):
        undo(imported(product, keys(4), actor), actor)
        assert dryruns.check(upload(product, keys(4), actor)).known == 4


_WORKER = """
import os, sys, django
django.setup()
from uuid import UUID
from merchants.services import imports
imports.run(UUID(sys.argv[1]))
"""


@pytest.mark.django_db(transaction=True)
class TestDying:
    @pytest.fixture
    def batch(self, product: Product, actor: Actor) -> Iterator[StockBatch]:
        yield imports.begin(dryruns.check(upload(product, keys(10), actor)), actor=actor)

    def work(self, batch: StockBatch, url: str, *, crash_at: str = "") -> int:
        environment = {**os.environ, "DATABASE_URL": url, "CRASH_AT": crash_at}
        done = subprocess.run([sys.executable, "-c", _WORKER, str(batch.id)], env=environment, check=False)
        return done.returncode

    @pytest.mark.parametrize(("point", "left"), [("import.before_commit", 0), ("import.between_chunks", 3)])
    def test_a_killed_worker_leaves_whole_chunks(
        self, batch: StockBatch, database_url: str, point: str, left: int
    ):
        assert self.work(batch, database_url, crash_at=point) == -signal.SIGKILL
        batch.refresh_from_db()
        assert (StockItem.objects.count(), batch.imported) == (left, left)

    @pytest.mark.parametrize("point", ["import.before_commit", "import.between_chunks"])
    def test_the_next_worker_brings_in_the_rest_once(self, batch: StockBatch, database_url: str, point: str):
        self.work(batch, database_url, crash_at=point)
        self.work(batch, database_url, crash_at=point)
        assert self.work(batch, database_url) == 0
        batch.refresh_from_db()
        assert (opened(batch.product), batch.imported, batch.state) == (
            (keys(10).split("\n"), 10, BatchState.IMPORTED)
        )

    def test_two_workers_on_one_import_bring_nothing_in_twice(self, batch: StockBatch):
        run_together(2, lambda _: imports.run(batch.id))
        imports.run(batch.id)
        batch.refresh_from_db()
        assert (StockItem.objects.count(), batch.imported) == (10, 10)

    def test_two_imports_of_the_same_keys_bring_each_in_once(self, product: Product, actor: Actor):
        lines = keys(4_000).split("\n")
        orders = [lines, list(reversed(lines))]
        begun: list[UUID] = [
            imports.begin(
                dryruns.check(upload(product, "\n".join(order), actor, limits=LIMITS)), actor=actor
            ).id
            for order in orders
        ]
        run_together(2, lambda place: imports.run(begun[place]))
        counts = StockBatch.objects.filter(pk__in=begun).values_list("imported", flat=True)
        assert (StockItem.objects.count(), sum(counts)) == (4_000, 4_000)


def run_together(count: int, work: Any) -> None:
    barrier = threading.Barrier(count)

    def one(place: int) -> None:
        barrier.wait()
        try:
            work(place)
        finally:
            connection.close()

    with ThreadPoolExecutor(count) as pool:
        list(pool.map(one, range(count)))
