"""The form of a membership: its live price, its codes, its trial, and a plan that changed under it."""

from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from kernel import ids
from kernel.actors import SYSTEM
from kernel.intervals import Unit
from merchants.models import Plan
from merchants.services import plans
from merchants.services.plans import Terms
from payments.models import Order
from payments.subscriptions.models import Subscription
from tests.factories import payments as make
from tests.factories import subscriptions as members
from tests.factories.coupons import CouponFactory, code_of
from tests.payments.pages.test_codes import plain

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser() -> Client:
    return Client(headers={"accept-language": "en"})


@pytest.fixture
def club(db) -> make.Shop:
    """At 10.00 a month, ten seats at most, with a week's trial."""
    return members.membership(trial_days=7)


@pytest.fixture
def code(club: make.Shop) -> str:
    """Three dollars off."""
    return code_of(CouponFactory.create(merchant=club.merchant, currency="USD", amount=300), "WELCOME").code


def address(shop: make.Shop) -> str:
    return f"/s/{shop.product.store.slug}/p/{shop.product.slug}/"


def version(shop: make.Shop) -> str:
    return ids.encode("plv", members.first_plan(shop).version_id)


def form(shop: make.Shop, **changes: str) -> dict[str, str]:
    return {
        "plan": version(shop),
        "currency": "USD",
        "quantity": "2",
        "email": "club@example.com",
        "method": members.CARD,
        "form_key": str(uuid4()),
    } | changes


def quoted(browser: Client, shop: make.Shop, **changes: str) -> dict[str, Any]:
    answer = browser.post(f"{address(shop)}code/", form(shop, **changes))
    assert answer.status_code == 200
    return answer.json()


def publish(shop: make.Shop, terms: Terms) -> None:
    plan = Plan.objects.get(product=shop.product)
    plans.draft_version(plan, terms, actor=SYSTEM)
    plans.publish(plan, actor=SYSTEM)


def test_the_quote_gives_the_sum_and_the_words_of_the_quantity(browser, club):
    told = quoted(browser, club, quantity="3")
    assert (told["total"], told["words_for"]) == ("$30.00", 3)
    assert "charges this payment method $30.00 every month" in told["words"][version(club)]


def test_the_quote_knows_codes(browser, club, code):
    told = quoted(browser, club, code=code)
    assert (told["before"], told["off"], told["total"]) == ("$20.00", "$3.00", "$17.00")
    assert "no code NOTHING" in quoted(browser, club, code="NOTHING")["refusal"]


def test_the_quote_of_a_trial_is_nothing_and_takes_no_code(browser, club, code):
    told = quoted(browser, club, trial="yes", code=code)
    assert (told["total"], told["then"]) == ("$0.00", "$20.00")
    assert "a trial has none" in told["refusal"]


def test_a_code_with_a_trial_is_refused_at_its_field(browser, club, code):
    answer = browser.post(address(club), form(club, trial="yes", code=code, consents="yes", words_for="2"))
    assert (answer.status_code, Subscription.objects.count()) == (400, 0)
    assert "a trial has none" in plain(answer.content.decode())


def test_a_plan_without_a_trial_takes_the_code_though_the_box_is_ticked(browser, code, club):
    yearly = members.plan(club, price=9000, unit=Unit.YEAR)
    chosen = ids.encode("plv", yearly.version_id)
    browser.post(address(club), form(club, plan=chosen, quantity="1", trial="yes", code=code))
    assert Order.objects.get().total == 8700


def test_a_price_that_changed_under_the_form_is_shown_before_anything_is_ordered(browser, club):
    sent = form(club)
    publish(club, Terms(Unit.MONTH, prices={"USD": 1200}, max_quantity=10))
    answer = browser.post(address(club), sent)
    page = answer.content.decode()
    assert (answer.status_code, Order.objects.count()) == (409, 0)
    assert "The price is now $24.00." in page
    assert f'value="{version(club)}" required checked' in page


def test_other_terms_at_the_same_price_are_shown_again_too(browser, club):
    sent = form(club)
    publish(club, Terms(Unit.QUARTER, prices={"USD": 1000}, max_quantity=10))
    answer = browser.post(address(club), sent)
    assert (answer.status_code, Order.objects.count()) == (400, 0)
    assert "The plan has changed." in plain(answer.content.decode())


def test_more_than_the_plan_sells_is_refused_with_its_bounds(browser, club):
    answer = browser.post(address(club), form(club, quantity="11"))
    assert (answer.status_code, Order.objects.count()) == (400, 0)
    assert "10" in plain(answer.content.decode())


def test_a_link_with_a_code_is_for_a_payment_and_not_for_the_trial(browser, club, code):
    assert 'name="trial" value="yes" checked' in browser.get(address(club)).content.decode()
    assert (
        'name="trial" value="yes" checked' not in browser.get(address(club), {"code": code}).content.decode()
    )
