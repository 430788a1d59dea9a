"""Imports of stock by API."""

from typing import Any

import pytest

from merchants.models import StockBatch, StockItem
from merchants.services import imports, undoing
from tests.api.client import Api
from tests.factories import payments as make


def upload(api: Api, shop: make.Shop, **body: Any) -> Any:
    return api.post("/stock_batches", {"product": shop.product.key, **body})


def test_a_list_of_keys_is_looked_at_imported_and_undone(api: Api, shop: make.Shop):
    made = upload(api, shop, keys=["AA-1", "", "AA-2", "AA-1"])
    assert made.status_code == 201
    batch = made.json()
    assert (batch["state"], batch["importable"], batch["repeated"], batch["blank"]) == ("checked", 2, 1, 1)
    assert batch["examples"] == [{"line": 4, "kind": "repeated", "why": ""}]
    at = f"/stock_batches/{batch['id']}"
    assert api.post(f"{at}/import").json()["state"] == "importing"
    row = StockBatch.objects.latest("created_at")
    imports.run(row.id)
    done = api.get(at).json()
    assert (done["state"], done["imported"], done["progress"]) == ("imported", 2, 100)
    assert api.get(f"/products/{shop.product.key}").json()["stock"] == 7
    assert api.post(f"{at}/undo", {"reason": "wrong file"}).json()["state"] == "undoing"
    undoing.run(row.id)
    assert (api.get(at).json()["state"], api.get(at).json()["voided"]) == ("undone", 2)


def test_a_text_is_read_as_a_file_and_csv_by_its_column(api: Api, shop: make.Shop):
    text = upload(api, shop, text="AA-1\r\nAA-2\n\n")
    table = upload(api, shop, text="name;key\nx;AA-1", format="csv", column=2, delimiter=";", has_header=True)
    assert (text.json()["importable"], text.json()["source"]) == (2, "paste")
    assert (table.json()["importable"], table.json()["source"]) == (1, "csv")


def test_no_answer_holds_a_key(api: Api, shop: make.Shop):
    made = upload(api, shop, keys=["SECRET-1", "SECRET-1", "x" * 3000])
    assert b"SECRET" not in made.content
    assert {one["kind"] for one in made.json()["examples"]} == {"repeated", "malformed"}


def test_an_upload_that_nobody_wants_is_forgotten(api: Api, shop: make.Shop):
    made = upload(api, shop, keys=["AA-1"]).json()
    assert api.post(f"/stock_batches/{made['id']}/cancel").json()["state"] == "cancelled"
    again = api.post(f"/stock_batches/{made['id']}/import")
    assert (again.status_code, again.json()["code"]) == (409, "illegal_move")


def test_the_same_upload_under_the_same_key_is_one(api: Api, shop: make.Shop):
    body = {"product": shop.product.key, "keys": ["AA-1"]}
    before = StockBatch.objects.count()
    first = api.post("/stock_batches", body, idem="k")
    assert api.post("/stock_batches", body, idem="k").content == first.content
    assert StockBatch.objects.count() == before + 1


def test_an_import_that_is_sold_from_is_not_undone(api: Api, shop: make.Shop):
    make.paid(shop)
    batch = StockBatch.objects.get()
    answer = api.post(f"/stock_batches/{batch.key}/undo", {"reason": "x"})
    assert (answer.status_code, answer.json()["code"]) == (409, "merchants.batch_sold")
    assert StockItem.objects.filter(state="available").count() == 4


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "keys"),
        ({"keys": []}, "keys"),
        ({"keys": ["a\nb"]}, "keys"),
        ({"keys": [1]}, "keys"),
        ({"keys": ["a"], "text": "a"}, "keys"),
        ({"text": "a", "column": 1}, "column"),
        ({"text": "a", "format": "xlsx"}, "format"),
    ],
)
def test_an_upload_that_cannot_be_read_is_refused_by_its_field(
    api: Api, shop: make.Shop, body: dict[str, Any], field: str
):
    answer = upload(api, shop, **body)
    assert (answer.status_code, list(answer.json()["errors"])) == (400, [field])


def test_an_upload_without_a_key_in_it_is_refused(api: Api, shop: make.Shop):
    answer = upload(api, shop, keys=[""])
    assert answer.status_code in (201, 400)
    assert answer.status_code == 400 or answer.json()["importable"] == 0


def test_another_merchants_product_takes_no_keys(api: Api):
    answer = upload(api, make.shop(), keys=["a"])
    assert (answer.status_code, list(answer.json()["errors"])) == (404, ["product"])


def test_a_large_upload_is_taken_where_other_bodies_end(api: Api, shop: make.Shop):
    made = upload(api, shop, keys=[f"KEY-{number:040d}" for number in range(6_000)])
    assert (made.status_code, made.json()["state"]) == (201, "received")


def test_imports_are_listed_by_product_and_state(api: Api, shop: make.Shop):
    made = upload(api, shop, keys=["AA-1"]).json()
    found = api.get("/stock_batches", product=shop.product.key, state="checked").json()["data"]
    assert [one["id"] for one in found] == [made["id"]]
