"""Asking twice: P8."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection, connections

from kernel import clock
from kernel.actors import SYSTEM
from merchants.models import Product
from merchants.services import products
from payments.models import Order
from tests.api.client import Api, api_of
from tests.factories import payments as make
from web.api.idempotency import BUSY_FOR
from web.models import KeptAnswer


def order(shop: make.Shop, **changes: Any) -> dict[str, Any]:
    return {"product": shop.product.key, "email": "b@example.com", "method": "alipay.page", **changes}


def test_the_same_request_gets_the_same_bytes_and_does_nothing_again(api: Api, shop: make.Shop):
    first = api.post("/orders", order(shop), idem="k")
    again = api.post("/orders", order(shop), idem="k")
    assert (again.status_code, again.content) == (201, first.content)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first.headers
    assert Order.objects.count() == 1


def test_the_order_of_the_fields_makes_no_other_request(api: Api, shop: make.Shop):
    body = order(shop)
    api.post("/orders", body, idem="k")
    assert api.post("/orders", dict(reversed(body.items())), idem="k").status_code == 201
    assert Order.objects.count() == 1


def test_another_content_under_the_same_key_is_refused(api: Api, shop: make.Shop):
    api.post("/orders", order(shop), idem="k")
    answer = api.post("/orders", order(shop, quantity=2), idem="k")
    assert (answer.status_code, answer.json()["code"]) == (409, "idempotency.key_reused")
    assert Order.objects.count() == 1


def test_another_address_under_the_same_key_is_refused(api: Api, shop: make.Shop):
    made = api.post("/orders", order(shop), idem="k").json()
    answer = api.post(f"/orders/{made['id']}/extend", idem="k")
    assert answer.json()["code"] == "idempotency.key_reused"


def test_a_refusal_of_the_service_is_kept_too(api: Api, shop: make.Shop):
    first = api.post("/orders", order(shop, quantity=6), idem="k")
    products.change(shop.product, actor=SYSTEM, max_quantity=20)
    again = api.post("/orders", order(shop, quantity=6), idem="k")
    assert first.status_code == 409
    assert again.content == first.content


@pytest.mark.parametrize("wrong", [{"quantity": 0}, {"quantity": 11}, {"product": "prd_x"}, {"colour": 1}])
def test_what_was_invalid_is_not_kept_and_may_be_mended_under_its_key(
    api: Api, shop: make.Shop, wrong: dict[str, Any]
):
    assert api.post("/orders", order(shop, **wrong), idem="k").status_code == 400
    assert not KeptAnswer.objects.exists()
    assert api.post("/orders", order(shop), idem="k").status_code == 201


def test_one_merchants_keys_are_not_anothers(api: Api, shop: make.Shop):
    other = make.shop()
    assert api.post("/orders", order(shop), idem="k").status_code == 201
    assert api_of(other.merchant).post("/orders", order(other), idem="k").status_code == 201


def test_a_key_of_the_same_merchant_that_lacks_the_scope_learns_nothing(
    api: Api, api_with: Any, shop: make.Shop
):
    api.post("/orders", order(shop), idem="k")
    assert api_with("orders:read").post("/orders", order(shop), idem="k").status_code == 403


def test_a_kept_answer_is_sealed(api: Api, shop: make.Shop):
    api.post("/orders", order(shop), idem="k")
    assert b"example.com" not in bytes(KeptAnswer.objects.get().body)


def test_a_day_later_the_key_is_free(api: Api, shop: make.Shop):
    api.post("/products/" + shop.product.key + "/deactivate", idem="k")
    with time_machine.travel(clock.now() + timedelta(hours=24, minutes=1)):
        answer = api.post("/products/" + shop.product.key + "/activate", idem="k")
    assert (answer.status_code, answer.json()["status"]) == (200, "live")


def test_while_the_first_runs_the_second_is_told_so(api: Api, shop: make.Shop):
    api.post("/orders", order(shop), idem="k")
    KeptAnswer.objects.update(status=None, body=b"")
    answer = api.post("/orders", order(shop), idem="k")
    assert (answer.status_code, answer.json()["code"]) == (409, "idempotency.in_progress")


def test_a_request_that_died_is_taken_up_and_finds_what_it_had_done(api: Api, shop: make.Shop):
    first = api.post("/orders", order(shop), idem="k").json()
    KeptAnswer.objects.update(status=None, body=b"")
    with time_machine.travel(clock.now() + BUSY_FOR + timedelta(seconds=1)):
        again = api.post("/orders", order(shop), idem="k").json()
    assert (again["id"], Order.objects.count()) == (first["id"], 1)


@pytest.mark.parametrize("key", ["", " ", "a" * 256, "a b", "ключ", "\x01"])
def test_a_key_that_is_none_is_refused(api: Api, shop: make.Shop, key: str):
    answer = api.call("POST", "/orders", body=order(shop), http_idempotency_key=key)
    assert (answer.status_code, answer.json()["code"]) == (400, "idempotency.key_malformed")


def test_a_mistake_of_ours_is_kept_once_the_work_had_begun(api: Api, shop: make.Shop):
    # A product whose row the database refuses, in a way that no service foresees.
    name = "x" * 100
    with refusing_products():
        first = api.post("/products", new_product(name), idem="k")
    again = api.post("/products", new_product(name), idem="k")
    assert (first.status_code, first.json()["code"]) == (500, "internal")
    assert again.content == first.content
    assert not Product.objects.filter(name_en=name).exists()


@pytest.mark.django_db(transaction=True)
def test_of_requests_at_the_same_moment_one_is_done(database_url: str):
    shop = make.shop(10)
    api = api_of(shop.merchant)
    gate, answers = threading.Barrier(6), []

    def call() -> None:
        gate.wait()
        answers.append(api.post("/orders", order(shop), idem="k"))
        connections.close_all()

    threads = [threading.Thread(target=call) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Order.objects.count() == 1
    done = {answer.content for answer in answers if answer.status_code == 201}
    rest = {answer.json()["code"] for answer in answers if answer.status_code != 201}
    assert len(done) == 1
    assert rest <= {"idempotency.in_progress"}


def new_product(name: str) -> dict[str, Any]:
    return {"slug": "new", "name_en": name, "price": {"amount": 100, "currency": "CNY"}}


@contextmanager
def refusing_products() -> Iterator[None]:
    """For a while the database refuses every new product."""
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION pg_temp.refuse() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN RAISE EXCEPTION 'no'; END $$;"
            "CREATE TRIGGER zz_refuse BEFORE INSERT ON merchants_product"
            " FOR EACH ROW EXECUTE FUNCTION pg_temp.refuse()"
        )
        yield
        cursor.execute("DROP TRIGGER zz_refuse ON merchants_product")
