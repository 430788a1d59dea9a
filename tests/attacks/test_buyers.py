"""Buyers who mean it ill: the shelf for nothing (A26), stolen cards (A28), others' return pages (A31)."""

from collections import Counter
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from kernel import clock
from merchants.models import StockItem
from payments.models import Order, Payment
from risk.models import Decision
from risk.services.limits import STARTING
from risk.states import Dimension, Outcome
from tests.factories import payments as make
from tests.factories.risk import LimitFactory

pytestmark = pytest.mark.django_db

TRIES = 24


def tried(shop: make.Shop, number: int, **meta: Any) -> int:
    """One tiny order under a name of its own, which then makes room for the next. Gives the status."""
    form = {
        "email": f"b{number}@example.com",
        "quantity": "1",
        "method": "alipay.page",
        "form_key": str(uuid4()),
    }
    agent = f"Mozilla/5.0 (X11; Linux x86_64) Gecko/{number}"
    client = Client(headers={"User-Agent": agent, "X-Forwarded-For": f"203.0.113.{number}"}, **meta)
    answer = client.post(f"/s/{shop.product.store.slug}/p/{shop.product.slug}/", form)
    Order.objects.filter(payment_state="pending").update(payment_state="cancelled", closed_at=clock.now())
    return answer.status_code


@pytest.mark.parametrize("same", ["mailbox", "place"])
def test_a26_a_buyer_cannot_keep_the_shelf_from_others_without_paying(same: str):
    shop = make.shop(60, max_quantity=10)
    address = f"/s/{shop.product.store.slug}/p/{shop.product.slug}/"
    answers = []
    for number in range(4):
        email = "b@example.com" if same == "mailbox" else f"b{number}@example.com"
        place = f"198.51.100.{number}" if same == "mailbox" else "198.51.100.1"
        form = {"email": email, "quantity": "10", "method": "alipay.page", "form_key": str(uuid4())}
        client = Client(headers={"Accept-Language": "en"}, REMOTE_ADDR=place)
        answers.append(client.post(address, form))
    assert [answer.status_code for answer in answers] == [303, 429, 429, 429]
    said = answers[-1].content.decode()
    assert "as many of these as one buyer may" in said and f'value="{email}"' in said
    assert StockItem.objects.filter(state="reserved").count() == 10


def test_a26_more_time_again_and_again_keeps_no_key_for_long():
    order = make.place(make.shop(6))
    for _ in range(5):
        known = Order.objects.get().expires_at.isoformat()
        Client().post(f"/o/{order.token}/extend/", {"until": known})
    assert Order.objects.get().expires_at - order.expires_at == timedelta(minutes=30)


def test_a28_many_tiny_orders_from_one_place_are_looked_at_and_then_refused():
    LimitFactory.create(dimension=Dimension.ADDRESS, most=4, outcome=Outcome.REVIEW)
    LimitFactory.create(dimension=Dimension.ADDRESS, most=9, outcome=Outcome.BLOCK)
    shop = make.shop(TRIES, price=1)
    answers = [tried(shop, number) for number in range(TRIES)]
    assert Counter(answers) == {303: 9, 403: TRIES - 9}
    assert Order.objects.filter(review=True).count() == 5
    assert Decision.objects.filter(outcome=Outcome.BLOCK).count() == TRIES - 9


def test_a28_what_is_refused_is_not_told_why():
    LimitFactory.create(dimension=Dimension.ADDRESS, most=0, outcome=Outcome.BLOCK)
    shop = make.shop(2, price=1)
    form = {"email": "b@example.com", "quantity": "1", "method": "alipay.page", "form_key": str(uuid4())}
    answer = Client(headers={"Accept-Language": "en"}).post(
        f"/s/{shop.product.store.slug}/p/{shop.product.slug}/", form
    )
    said = answer.content.decode().lower()
    assert answer.status_code == 403
    assert not any(word in said for word in ("velocity", "limit", "address", "risk"))


def test_a28_a_buyer_elsewhere_is_not_kept_from_buying():
    LimitFactory.create(dimension=Dimension.ADDRESS, most=2, outcome=Outcome.BLOCK)
    shop = make.shop(6, price=1)
    assert [tried(shop, number) for number in range(3)] == [303, 303, 403]
    assert tried(shop, 9, REMOTE_ADDR="198.51.100.9") == 303


def test_a28_a_new_installation_stops_two_hundred_tries_an_hour():
    blocks = [
        most for what, seconds, most, how in STARTING if (what, how) == (Dimension.ADDRESS, Outcome.BLOCK)
    ]
    assert blocks and min(blocks) < 200


def test_a28_one_order_takes_a_bounded_number_of_attempts():
    order = make.place(make.shop())
    methods = ["alipay.wap", "alipay.page"] * 15
    answers = [Client().post(f"/o/{order.token}/pay/", {"method": method}).status_code for method in methods]
    assert answers[-1] == 429
    assert Payment.objects.filter(order=order).count() <= 11


@pytest.fixture
def pair(shop: make.Shop) -> tuple[Order, Order]:
    """An order of the one who asks, unpaid, and a paid one of somebody else."""
    return make.place(shop), make.paid(shop, contact="victim@example.com")


@pytest.fixture
def shop() -> make.Shop:
    return make.shop(6)


def secrets_of(order: Order) -> list[str]:
    """What only its buyer may read, and no channel adds to an address."""
    return ["victim", "v***@", order.number, order.token, make.payment_of(order).notify_token]


def back_from_the_channel(order: Order) -> dict[str, str]:
    """What a channel adds to the address when it sends a buyer back, with the figures of this order."""
    payment = make.payment_of(order)
    return {
        "out_trade_no": payment.reference,
        "trade_no": payment.channel_txn,
        "trade_status": "TRADE_SUCCESS",
        "total_amount": "10.00",
    }


@pytest.mark.parametrize("part", ["", "live/"])
def test_a31_coming_back_with_another_orders_figures_shows_and_changes_nothing(
    pair: tuple[Order, Order], part: str
):
    mine, theirs = pair
    page = Client().get(f"/o/{mine.token}/{part}", back_from_the_channel(theirs)).content.decode()
    assert not any(secret in page for secret in secrets_of(theirs))
    mine.refresh_from_db()
    assert (mine.payment_state, mine.fulfilment) == ("pending", "none")


@pytest.mark.parametrize("name", ["number", "key", "payment", "notify", "txn", "id"])
@pytest.mark.parametrize("part", ["", "live/", "reveal/", "download/"])
def test_a31_nothing_but_the_token_opens_an_order(pair: tuple[Order, Order], name: str, part: str):
    theirs = pair[1]
    payment = make.payment_of(theirs)
    names = {
        "number": theirs.number,
        "key": theirs.key,
        "payment": payment.reference,
        "notify": payment.notify_token,
        "txn": payment.channel_txn,
        "id": str(theirs.pk),
    }
    method = "get" if part in ("", "live/") else "post"
    answer = getattr(Client(), method)(f"/o/{names[name]}/{part}", {"format": "txt"})
    assert answer.status_code == 404
    assert "victim" not in answer.content.decode()


@pytest.mark.parametrize("method", ["get", "post", "head"])
def test_a31_a_notice_address_says_nothing_of_its_order(pair: tuple[Order, Order], method: str):
    theirs = pair[1]
    answer = getattr(Client(), method)(
        f"/n/{make.payment_of(theirs).notify_token}/", back_from_the_channel(theirs)
    )
    assert answer.content in (b"", b"fail")


def test_a31_even_its_own_page_masks_the_buyers_address(pair: tuple[Order, Order]):
    page = Client().get(f"/o/{pair[1].token}/").content.decode()
    assert "victim@example.com" not in page
    assert "v***@example.com" in page
