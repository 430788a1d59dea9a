"""Looking an order up: a mail to its own address, and the same answer for everybody."""

import pytest
from django.test import Client
from django.urls import reverse

from outbox.models import Event
from tests.factories import payments as make
from tests.factories.merchants import stocked

pytestmark = pytest.mark.django_db


@pytest.fixture
def client():
    return Client(headers={"Accept-Language": "en"})


@pytest.fixture
def bought(db):
    shop = make.shop(0)
    stocked(shop.product, ["CANARY-KEY"])
    return make.paid(shop, contact="Buyer@Example.com")


def url_of(order):
    return reverse("payments:find", args=[order.store.slug])


def asked():
    return Event.objects.filter(topic="order.links_asked").count()


@pytest.mark.parametrize(
    "write", [lambda o: o.number, lambda o: o.number.lower().replace("-", " "), lambda o: "buyer@example.com"]
)
def test_a_number_or_an_address_has_the_link_mailed(client, bought, write):
    client.post(url_of(bought), {"text": write(bought)})
    assert asked() == 1


def test_found_and_not_found_are_answered_alike(client, bought):
    found = client.post(url_of(bought), {"text": bought.number})
    missed = client.post(url_of(bought), {"text": "D2611-ZZZZ-ZZ"})
    assert (found.status_code, found["Location"]) == (missed.status_code, missed["Location"])
    assert asked() == 1


def test_the_answer_shows_neither_key_nor_token_nor_address(client, bought):
    page = client.post(url_of(bought), {"text": bought.number}, follow=True).content.decode()
    assert not any(secret in page for secret in ("CANARY", bought.token, "Example.com"))


def test_another_shops_order_is_not_found_here(client, bought):
    elsewhere = make.place(make.shop())
    client.post(url_of(elsewhere), {"text": bought.number})
    assert asked() == 0


def test_nothing_typed_is_said_at_the_field(client, bought):
    answer = client.post(url_of(bought), {"text": "  "})
    assert answer.status_code == 400
    assert 'id="text-error"' in answer.content.decode()


def test_one_order_is_not_asked_about_without_end(client, bought):
    answers = [client.post(url_of(bought), {"text": bought.number}) for _ in range(4)]
    assert answers[-1].status_code == 429


def test_one_address_does_not_ask_without_end(client, bought):
    answers = [client.post(url_of(bought), {"text": f"D2611-AAAA-{n:02}"}) for n in range(22, 33)]
    assert answers[-1].status_code == 429


def test_other_spellings_of_an_address_are_not_asked_about_more_often(client, bought):
    spellings = ("b@例え.jp", "B@xn--r8jz45g.jp", "b@例え．ｊｐ", "b@XN--R8JZ45G.JP")
    answers = [client.post(url_of(bought), {"text": text}) for text in spellings]
    assert answers[-1].status_code == 429


def test_the_orders_of_this_browser_are_listed_without_a_way_to_their_keys(client, bought):
    client.get(f"/o/{bought.token}/")
    page = client.get(url_of(bought)).content.decode()
    assert bought.number in page
    assert bought.token not in page


def test_another_browser_is_shown_no_orders(client, bought):
    assert bought.number not in client.get(url_of(bought)).content.decode()


def test_the_look_up_is_neither_kept_nor_indexed(client, bought):
    answer = client.get(url_of(bought))
    assert (answer["Cache-Control"], answer["X-Robots-Tag"]) == ("no-store", "noindex")
