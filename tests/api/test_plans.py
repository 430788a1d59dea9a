"""Plans by API."""

from typing import Any

import pytest

from merchants.models import Plan
from tests.api.client import Api
from tests.factories import payments as make
from tests.factories.memberships import membership, on_shelf, planned
from tests.factories.merchants import ProductFactory

YUAN = {"amount": 1900, "currency": "CNY"}
MONTHLY = {"unit": "month", "prices": [YUAN]}


@pytest.fixture
def club(shop: make.Shop) -> Any:
    """A membership of the caller's, a draft."""
    return membership(store=shop.product.store)


def code(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def test_a_membership_is_made_without_a_price_of_its_own(api: Api, shop: make.Shop):
    made = api.post("/products", {"slug": "club", "name_en": "Club", "kind": "membership", "price": YUAN})
    assert made.status_code == 201
    assert (made.json()["kind"], made.json()["price"]) == ("membership", {"amount": 0, "currency": "CNY"})


def test_a_plan_is_made_published_and_shown_with_what_is_sold(api: Api, club: Any):
    made = api.post("/plans", {"product": club.key, "slug": "m", "name_en": "Monthly", "version": MONTHLY})
    assert (made.status_code, made.json()["status"], made.json()["current"]) == (201, "draft", None)
    assert made.json()["draft"]["prices"] == [YUAN]
    sold = api.post(f"/plans/{made.json()['id']}/publish", {}).json()
    assert (sold["status"], sold["draft"], sold["current"]["number"]) == ("live", None, 1)
    assert api.get(f"/products/{club.key}").json()["price"] == YUAN


def test_a_new_version_is_written_and_published(api: Api, club: Any):
    plan = planned(club)
    terms = {"unit": "day", "count": 10, "trial_days": 3, "max_quantity": 5, "prices": [YUAN]}
    draft = api.post(f"/plans/{plan.key}/versions", terms)
    assert (draft.status_code, draft.json()["number"], draft.json()["published_at"]) == (201, 2, None)
    assert api.post(f"/plans/{plan.key}/publish", {}).json()["current"]["count"] == 10
    rows = api.get(f"/plans/{plan.key}/versions").json()
    assert ([row["number"] for row in rows["data"]], rows["next"]) == ([2, 1], None)


def test_versions_come_by_pages(api: Api, club: Any):
    plan = planned(club)
    api.post(f"/plans/{plan.key}/versions", MONTHLY)
    first = api.get(f"/plans/{plan.key}/versions?limit=1").json()
    second = api.get(f"/plans/{plan.key}/versions?limit=1&cursor={first['next']}").json()
    assert [row["number"] for row in (*first["data"], *second["data"])] == [2, 1]


def test_a_plan_is_archived_and_comes_back(api: Api, club: Any):
    plan = planned(club)
    assert api.post(f"/plans/{plan.key}/archive", {}).json()["status"] == "archived"
    assert api.post(f"/plans/{plan.key}/restore", {}).json()["status"] == "live"


def test_the_last_plan_on_the_shelf_stays(api: Api, shop: make.Shop):
    plan = on_shelf(store=shop.product.store).plans.get()
    assert code(api.post(f"/plans/{plan.key}/archive", {})) == (409, "merchants.last_plan")


def test_a_plan_gets_another_name(api: Api, club: Any):
    plan = planned(club)
    assert api.patch(f"/plans/{plan.key}", {"name_en": "By the month"}).json()["name_en"] == "By the month"
    answer = api.patch(f"/plans/{plan.key}", {"name_en": "", "name_zh": ""})
    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["name_en"])


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({"prices": []}, "prices"),
        ({"prices": [YUAN, YUAN]}, "prices"),
        ({"prices": [{"amount": 1, "currency": "USD"}]}, "prices"),
        ({"unit": "week"}, "unit"),
        ({"count": 37}, "count"),
        ({"trial_days": -1}, "trial_days"),
        ({"min_quantity": 3, "max_quantity": 2}, "max_quantity"),
    ],
)
def test_terms_that_do_not_hold_are_refused_by_their_field(api: Api, club: Any, changes: Any, wrong: str):
    plan = planned(club)
    answer = api.post(f"/plans/{plan.key}/versions", MONTHLY | changes)
    assert (answer.status_code, list(answer.json()["errors"])) == (400, [wrong])
    assert plan.versions.count() == 1


def test_a_product_of_keys_has_no_plans(api: Api, shop: make.Shop):
    asked = {"product": shop.product.key, "slug": "m", "name_en": "Monthly"}
    assert code(api.post("/plans", asked)) == (409, "merchants.not_a_membership")


def test_anothers_product_is_not_there(api: Api):
    answer = api.post("/plans", {"product": ProductFactory.create().key, "slug": "m", "name_en": "Monthly"})
    assert (answer.status_code, list(answer.json()["errors"])) == (404, ["product"])
    assert not Plan.objects.exists()


def test_plans_are_listed_by_product_and_status(api: Api, club: Any):
    plan = planned(club)
    assert [row["id"] for row in api.get(f"/plans?product={club.key}&status=live").json()["data"]] == [
        plan.key
    ]
    assert api.get("/plans?status=archived").json()["data"] == []
