"""The import wizard, as a member walks through it."""

import tempfile
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from kernel import clock, ids
from merchants.decoding import LIMITS
from merchants.models import Member, Product, StockBatch, StockItem, UploadChunk
from merchants.pages.sealed_uploads import SealedFile
from merchants.services import imports, stock, undoing
from merchants.states import BatchState
from tests.factories.merchants import MemberFactory, ProductFactory, StoreFactory, stocked
from tests.merchants.people import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner() -> Member:
    return MemberFactory.create()


@pytest.fixture
def product(owner: Member) -> Product:
    return ProductFactory.create(store=StoreFactory.create(merchant=owner.merchant))


@pytest.fixture
def client(owner: Member) -> Client:
    browser = signed_in(owner.user)
    browser.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    return browser


def paste(client: Client, product: Product, text: str) -> Any:
    where = f"/m/{product.merchant.key}/products/{product.key}/import/"
    return client.post(where, {"source": "paste", "text": text}, follow=True)


def send(client: Client, product: Product, name: str, content: bytes, source: str = "txt") -> Any:
    where = f"/m/{product.merchant.key}/products/{product.key}/import/"
    return client.post(where, {"source": source, "file": SimpleUploadedFile(name, content)}, follow=True)


def at(batch: StockBatch, what: str = "") -> str:
    return f"/m/{batch.merchant.key}/imports/{batch.key}/{what}"


def test_pasted_keys_get_their_dry_run_at_once(client: Client, product: Product):
    stocked(product, ["KNOWN"])
    page = paste(client, product, "A\nA\nKNOWN\n\nB").content.decode()
    assert "This is what would happen" in page
    assert StockBatch.objects.get(state=BatchState.CHECKED).importable == 2


def test_a_file_comes_in_the_same_way(client: Client, product: Product):
    send(client, product, "keys.txt", b"\xef\xbb\xbfA\r\nB\r\n")
    batch = StockBatch.objects.get()
    assert (batch.filename, batch.importable) == ("keys.txt", 2)


def test_the_whole_way_ends_on_the_shelf(client: Client, product: Product):
    paste(client, product, "A\nB\nC")
    batch = StockBatch.objects.get()
    client.post(at(batch, "begin/"))
    imports.run(batch.id)
    assert "Keys imported" in client.get(at(batch)).content.decode()
    assert StockItem.objects.filter(product=product).count() == 3


def test_progress_is_asked_for_by_its_version(client: Client, product: Product):
    paste(client, product, "A\nB\nC")
    batch = StockBatch.objects.get()
    client.post(at(batch, "begin/"))
    page = client.get(at(batch, "progress/")).content.decode()
    assert 'data-poll="importing-0"' in page
    assert client.get(at(batch, "progress/"), headers={"If-None-Match": '"importing-0"'}).status_code == 304


def test_asking_ends_with_the_import(client: Client, product: Product):
    paste(client, product, "A\nB\nC")
    batch = StockBatch.objects.get()
    client.post(at(batch, "begin/"))
    imports.run(batch.id)
    assert "data-poll" not in client.get(at(batch, "progress/")).content.decode()


def test_a_csv_file_can_be_read_by_another_column(client: Client, product: Product):
    send(client, product, "keys.csv", b"name;key\na;K1\nb;K2\n", source="csv")
    batch = StockBatch.objects.get()
    client.post(at(batch, "layout/"), {"delimiter": ";", "column": "2", "has_header": "on"})
    batch.refresh_from_db()
    assert (batch.lines, batch.importable) == (2, 2)


def test_a_forgotten_upload_leaves_nothing(client: Client, product: Product):
    paste(client, product, "A\nB")
    client.post(at(StockBatch.objects.get(), "cancel/"))
    assert (UploadChunk.objects.exists(), StockItem.objects.exists()) == (False, False)


def test_an_unsold_import_is_undone_for_a_reason(client: Client, product: Product):
    paste(client, product, "A\nB")
    batch = StockBatch.objects.get()
    client.post(at(batch, "begin/"))
    imports.run(batch.id)
    client.post(at(batch, "undo/"), {"undo-reason": ""})
    assert StockItem.objects.filter(state="void").count() == 0
    client.post(at(batch, "undo/"), {"undo-reason": "wrong product"})
    assert "Being undone" in client.get(at(batch)).content.decode()
    undoing.run(batch.id)
    assert StockItem.objects.filter(state="void").count() == 2
    assert "Void again" in client.get(at(batch)).content.decode()


def test_a_sold_import_is_not_undone(client: Client, product: Product):
    paste(client, product, "A\nB")
    batch = StockBatch.objects.get()
    client.post(at(batch, "begin/"))
    imports.run(batch.id)
    stock.reserve(product.id, 1, ids.new(), clock.now())
    answer = client.post(at(batch, "undo/"), {"undo-reason": "wrong product"})
    assert (answer.status_code, StockItem.objects.filter(state="void").count()) == (409, 0)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("keys.xlsx", b"PK\x03\x04whatever", "not a text file"),
        ("keys.txt", b"\xff\xfe\xff", "not a text file"),
        ("../../etc/passwd", b"PK\x03\x04", "not a text file"),
    ],
)
def test_what_cannot_be_read_is_refused_on_the_form(
    client: Client, product: Product, name: str, content: bytes, said: str
):
    assert said in send(client, product, name, content).content.decode()
    assert not StockBatch.objects.exists()


def test_a_path_in_a_file_name_is_dropped(client: Client, product: Product):
    send(client, product, "../../etc/keys.txt", b"A")
    assert StockBatch.objects.get().filename == "keys.txt"


def test_a_file_above_the_limit_is_refused(client: Client, product: Product):
    answer = send(client, product, "keys.txt", b"A" * (LIMITS.most_bytes + 1))
    assert (answer.status_code, StockBatch.objects.exists()) == (413, False)


def test_nothing_chosen_is_said_beside_the_field(client: Client, product: Product):
    assert "Paste at least one key." in paste(client, product, " ").content.decode()


def test_the_form_needs_its_token(owner: Member, product: Product):
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = signed_in(owner.user).cookies
    where = f"/m/{product.merchant.key}/products/{product.key}/import/"
    assert strict.post(where, {"source": "paste", "text": "A"}).status_code == 403
    assert not StockBatch.objects.exists()


def test_a_viewer_sees_an_import_without_its_examples(client: Client, product: Product, owner: Member):
    paste(client, product, "CANARY-KEY-1")
    viewer = MemberFactory.create(merchant=owner.merchant, role="viewer")
    page = signed_in(viewer.user).get(at(StockBatch.objects.get()))
    assert (page.status_code, "CANARY" in page.content.decode()) == (200, False)


class TestSealedFiles:
    def test_what_was_written_is_read_as_often_as_wanted(self):
        sealed = SealedFile()
        for piece in (b"one", b"two"):
            sealed.write(piece)
        assert [list(sealed.blocks()), list(sealed.blocks())] == [[b"one", b"two"]] * 2

    def test_the_disk_never_sees_it(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
        kept = tmp_path / "kept"
        monkeypatch.setattr(tempfile, "TemporaryFile", lambda: kept.open("w+b"))
        sealed = SealedFile()
        sealed.write(b"CANARY-KEY-1" * 1000)
        sealed._file.flush()
        assert (b"CANARY" in kept.read_bytes(), kept.stat().st_size > 12_000) == (False, True)
