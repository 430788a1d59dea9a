"""How the channels fare, on the operators' first page."""

import pytest

from keyway.operators import channels
from payments.states import PaymentState
from tests.factories import cards
from tests.factories import payments as make

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _anew() -> None:
    channels.forget()


def test_a_channel_shows_how_many_of_the_orders_tried_there_it_was_paid_for():
    shop = make.shop()
    make.paid(shop)
    lost = make.place(shop)
    lost.enter(PaymentState.EXPIRED, field="payment_state")
    (only,) = channels.read()
    assert (only.rate.part, only.rate.whole) == (1, 2)


def test_an_order_that_still_waits_does_not_count():
    make.place(make.shop())
    assert channels.read() == []


def test_the_sandbox_does_not_count():
    make.paid(make.sandbox_shop())
    assert channels.read() == []


def test_each_channel_counts_its_own():
    make.paid(make.shop())
    cards.paid(cards.shop())
    assert sorted(each.rate.whole for each in channels.read()) == [1, 1]


def test_the_first_page_shows_it_with_its_definition(desk):
    make.paid(make.shop())
    page = desk.get("/ops/").content.decode()
    assert ("Payment success by channel" in page, "An order tried at two counts at both" in page) == (
        True,
        True,
    )
