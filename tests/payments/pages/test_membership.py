"""Memberships on the shelf, and the page of one."""

from typing import Any

import pytest
from django.test import Client

from kernel import ids
from kernel.intervals import Unit
from merchants.models import Product
from merchants.services import plans
from merchants.services.plans import Terms
from tests.factories.memberships import on_shelf

pytestmark = pytest.mark.django_db

MONTHLY = Terms(Unit.MONTH, prices={"CNY": 1_900, "USD": 299}, trial_days=7)
YEARLY = Terms(Unit.YEAR, prices={"CNY": 19_900})


@pytest.fixture
def club() -> Product:
    """A membership by the month, in two currencies, and by the year in one."""
    return on_shelf(MONTHLY, YEARLY, name_en="Night club")


def shown(client: Client, address: str) -> str:
    page = client.get(address, headers={"accept-language": "en"})
    assert page.status_code == 200
    return " ".join(page.content.decode().split())


def page(client: Client, club: Product, query: str = "") -> str:
    return shown(client, f"/s/{club.store.slug}/p/{club.slug}/{query}")


def radios(text: str) -> Any:
    """The values of the plans on the page, in order."""
    return [part.split('"')[0] for part in text.split('name="plan" value="')[1:]]


def test_the_shelf_says_the_price_the_period_and_the_trial(client: Client, club: Product):
    shelf = shown(client, f"/s/{club.store.slug}/")
    assert ("19.00</span></strong>" in shelf, "/ month</span>" in shelf) == (True, True)
    assert "2 plans" in shelf
    assert "7 days free" in shelf


def test_the_page_shows_every_plan_by_its_version(client: Client, club: Product):
    expected = [ids.encode("plv", offer.version_id) for offer in plans.on_sale(club.pk)]
    assert radios(page(client, club)) == expected


def test_another_currency_shows_the_plans_that_have_it(client: Client, club: Product):
    text = page(client, club, "?currency=USD")
    assert (len(radios(text)), "$2.99" in text) == (1, True)


def test_a_currency_that_no_plan_has_is_the_products_own(client: Client, club: Product):
    assert len(radios(page(client, club, "?currency=EUR"))) == 2


def test_the_plan_of_a_link_is_marked(client: Client, club: Product):
    wanted = ids.encode("plv", plans.on_sale(club.pk)[1].version_id)
    assert f'value="{wanted}" required checked' in page(client, club, f"?plan={wanted}")


def test_one_currency_needs_no_switch(client: Client):
    club = on_shelf(YEARLY)
    assert "currencies" not in page(client, club)
