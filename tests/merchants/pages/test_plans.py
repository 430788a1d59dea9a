"""The plans of a membership in the dashboard, and memberships in its other pages."""

from typing import Any

import pytest
from django.test import Client

from kernel.actors import SYSTEM
from kernel.intervals import Unit
from merchants.models import Member, Plan, Product, Store
from merchants.services import plans
from merchants.services.plans import Terms
from merchants.states import PlanStatus, ProductKind
from tests.factories.memberships import membership, on_shelf, planned
from tests.factories.merchants import MemberFactory, ProductFactory, StoreFactory
from tests.merchants.people import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner() -> Member:
    return MemberFactory.create()


@pytest.fixture
def store(owner: Member) -> Store:
    return StoreFactory.create(merchant=owner.merchant)


@pytest.fixture
def club(store: Store) -> Product:
    """A membership, a draft."""
    return membership(store=store, name_en="Night club")


@pytest.fixture
def client(owner: Member) -> Client:
    browser = signed_in(owner.user)
    browser.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    return browser


def at(thing: Any, rest: str) -> str:
    return f"/m/{thing.merchant.key}/{rest}"


def text(page: Any) -> str:
    return " ".join(page.content.decode().split())


TERMS = {
    "price_CNY": "19",
    "count": 1,
    "unit": "month",
    "trial_days": 7,
    "min_quantity": 1,
    "max_quantity": 3,
}
TYPED = {"name_en": "Monthly", "slug": "monthly", "position": 0, **TERMS}


def test_a_new_product_can_be_a_membership_without_price_or_stock(client: Client, store: Store):
    address = at(store, "products/new/?kind=membership")
    shown = text(client.get(address))
    assert 'name="price"' not in shown
    assert 'name="low_stock_threshold"' not in shown
    typed = {"store": store.id, "slug": "club", "name_en": "Club", "currency": "CNY", "position": 0}
    page = client.post(address, typed)
    made = Product.objects.get()
    assert (made.kind, made.price) == (ProductKind.MEMBERSHIP, 0)
    assert page.headers["Location"] == at(made, f"products/{made.key}/plans/new/")


def test_a_membership_is_changed_without_its_price(client: Client, club: Product):
    planned(club)
    typed = {"slug": "club", "name_en": "Club", "position": 4, "price": "1"}
    client.post(at(club, f"products/{club.key}/"), typed)
    club.refresh_from_db()
    assert (club.name_en, club.position, club.price) == ("Club", 4, 1_900)


def test_a_plan_is_typed_in_and_waits_for_its_publication(client: Client, club: Product):
    client.post(at(club, f"products/{club.key}/plans/new/"), TYPED | {"price_USD": "2.99"})
    version = Plan.objects.get().versions.get()
    assert (version.is_draft, version.trial_days) == (True, 7)
    assert {price.currency: price.amount for price in version.prices.all()} == {"CNY": 1_900, "USD": 299}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"price_CNY": ""}, "This field is required"),
        ({"price_CNY": "0"}, "This is not an amount"),
        ({"price_USD": "1.999"}, "This is not an amount"),
        ({"name_en": ""}, "Give a name in at least one language"),
        ({"slug": "No!"}, "Small letters"),
        ({"count": 37}, "three years at most"),
        ({"min_quantity": 4}, "below the smallest quantity"),
        ({"unit": "week"}, "Select a valid choice"),
    ],
)
def test_nonsense_is_said_beside_its_field(client: Client, club: Product, changes: Any, said: str):
    page = client.post(at(club, f"products/{club.key}/plans/new/"), TYPED | changes)
    assert said in text(page)
    assert not Plan.objects.exists()


def test_an_address_that_is_taken_is_said_on_the_page(client: Client, club: Product):
    planned(club, slug="monthly")
    page = client.post(at(club, f"products/{club.key}/plans/new/"), TYPED)
    assert "Another plan of this membership has the address monthly" in text(page)


def test_a_draft_shows_when_it_would_renew(client: Client, club: Product):
    plan = plans.create(
        club, actor=SYSTEM, terms=Terms(Unit.MONTH, prices={"CNY": 1}), slug="m", name_en="Monthly"
    )
    shown = text(client.get(at(club, f"plans/{plan.key}/")))
    assert [f"renewal {number}" in shown for number in range(1, 7)] == [True] * 5 + [False]


@pytest.mark.parametrize(
    ("deed", "status"),
    [("publish", PlanStatus.LIVE), ("archive", PlanStatus.ARCHIVED)],
)
def test_a_plan_is_published_and_archived(client: Client, club: Product, deed: str, status: str):
    plan = planned(club)
    plans.draft_version(plan, Terms(Unit.YEAR, prices={"CNY": 1}), actor=SYSTEM)
    client.post(at(club, f"plans/{plan.key}/status/"), {"do": deed})
    plan.refresh_from_db()
    assert plan.status == status
    assert plan.versions.filter(published_at=None).exists() is (deed == "archive")


def test_an_archived_plan_comes_back_and_a_draft_goes(client: Client, club: Product):
    plan = planned(club)
    plans.draft_version(plan, Terms(Unit.YEAR, prices={"CNY": 1}), actor=SYSTEM)
    plans.archive(plan, actor=SYSTEM)
    for deed in ("restore", "discard"):
        client.post(at(club, f"plans/{plan.key}/status/"), {"do": deed})
    plan.refresh_from_db()
    assert (plan.status, plan.versions.count()) == (PlanStatus.LIVE, 1)


def test_the_last_plan_on_the_shelf_is_not_archived(client: Client, store: Store):
    plan = on_shelf(store=store).plans.get()
    page = client.post(at(store, f"plans/{plan.key}/status/"), {"do": "archive"})
    assert page.status_code == 409
    assert "the only plan of a membership" in text(page)


def test_an_unheard_of_deed_is_not_there(client: Client, club: Product):
    plan = planned(club)
    assert client.post(at(club, f"plans/{plan.key}/status/"), {"do": "give"}).status_code == 404


def test_a_new_version_begins_with_what_is_sold_and_says_who_keeps_it(client: Client, club: Product):
    plan = planned(club)
    address = at(club, f"plans/{plan.key}/version/")
    shown = text(client.get(address))
    assert "Running subscribers keep the version that they have" in shown
    assert 'value="19.00"' in shown
    client.post(address, TERMS | {"price_CNY": "25"})
    draft = plan.versions.get(published_at=None)
    assert [price.amount for price in draft.prices.all()] == [2_500]


def test_a_plan_gets_another_name(client: Client, club: Product):
    plan = planned(club)
    client.post(at(club, f"plans/{plan.key}/edit/"), {"name_en": "By the month", "slug": "m", "position": 2})
    plan.refresh_from_db()
    assert (plan.name_en, plan.slug, plan.position) == ("By the month", "m", 2)


def test_the_list_shows_every_plan_with_its_price_and_draft(client: Client, club: Product):
    plan = planned(club)
    plans.draft_version(plan, Terms(Unit.YEAR, prices={"CNY": 1}), actor=SYSTEM)
    shown = text(client.get(at(club, f"products/{club.key}/plans/")))
    assert "/ month" in shown
    assert "Version 2 is drafted and not sold yet" in shown


def test_a_product_of_keys_has_no_plans_and_a_membership_no_stock(client: Client, club: Product):
    keys = ProductFactory.create(store=club.store)
    assert client.get(at(club, f"products/{keys.key}/plans/")).status_code == 409
    assert client.get(at(club, f"products/{club.key}/stock/")).status_code == 409
    assert client.get(at(club, f"products/{club.key}/import/")).status_code == 409


def test_the_stock_overview_leaves_memberships_out(client: Client, club: Product):
    ProductFactory.create(store=club.store, name_en="Some keys")
    shown = text(client.get(at(club, "stock/")))
    assert ("Some keys" in shown, "Night club" in shown) == (True, False)


def test_the_list_of_products_shows_both_kinds(client: Client, club: Product):
    assert f"products/{club.key}/plans/" in text(client.get(at(club, "products/")))
