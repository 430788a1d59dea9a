"""A buyer's own pages: all that was paid with their address, in every shop, and nothing of anybody else's."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from buyers import consents, keys
from buyers.models import Buyer, Consent, FormerEmail
from kernel import clock, ids
from payments.belongings import orders_of
from payments.models import Order
from payments.subscriptions.models import Mandate
from tests.attacks.tenants import addresses
from tests.factories import buyers as people
from tests.factories import payments as make
from tests.factories import subscriptions as members

pytestmark = pytest.mark.django_db

MINE, THEIRS = "mine@example.com", "theirs@example.com"
MARK = "CANARY-OF-THEIRS"
ENDED: list[Consent] = []
RENEWAL = consents.declare(
    consents.Kind(
        "test.mandate", 1, "Payment", "We charge {price}.", ends=lambda given, _: ENDED.append(given)
    )
)


@pytest.fixture
def me() -> Buyer:
    return people.buyer(MINE)


@pytest.fixture
def client(me: Buyer) -> Client:
    return people.signed_in(me)


@pytest.fixture
def shops() -> list[make.Shop]:
    return [make.shop(4), make.shop(4)]


def agreed(email: str, words: str = "¥9.00") -> Consent:
    return consents.agree(
        keys.email_key(email), RENEWAL.name, "en", {"price": words}, ("mandate", ids.new()), clock.now()
    )


def test_orders_of_every_shop_stand_on_one_page(client: Client, shops: list[make.Shop]):
    orders = [make.paid(shop, contact=MINE) for shop in shops]
    page = client.get("/my/orders/").content.decode()
    assert all(order.number in page for order in orders)


def test_what_was_not_paid_is_no_belonging(client: Client, shops: list[make.Shop]):
    order = make.place(shops[0], contact=MINE)
    assert order.number not in client.get("/my/orders/").content.decode()


def test_an_order_opens_with_its_keys_although_it_is_old(client: Client, shops: list[make.Shop]):
    order = make.paid(shops[0], contact=MINE)
    with clock.telling(clock.now() + timedelta(days=3)):
        there = client.get(f"/my/orders/{order.key}/")
        assert there.status_code == 303
        client.get(there.headers["Location"])
        assert client.post(f"/o/{order.token}/reveal/").status_code == 200


def test_the_list_itself_tells_no_links(client: Client, shops: list[make.Shop]):
    order = make.paid(shops[0], contact=MINE)
    pages = client.get("/my/").content.decode() + client.get("/my/orders/").content.decode()
    assert order.token not in pages and "pass=" not in pages


def test_orders_are_paged(client: Client):
    shop = make.shop(21)
    first, *_ = [make.paid(shop, contact=MINE) for _ in range(21)]
    pages = [client.get(f"/my/orders/?page={n}").content.decode() for n in (1, 2)]
    assert [first.number in page for page in pages] == [False, True]


def test_orders_of_a_former_address_count_until_the_change(me: Buyer, shops: list[make.Shop]):
    order = make.paid(shops[0], contact="former@example.com")
    former = FormerEmail.objects.create(
        buyer=me, email_key=keys.email_key("former@example.com"), until=clock.now()
    )
    assert list(orders_of(me)) == [order]
    FormerEmail.objects.filter(pk=former.pk).update(until=order.placed_at - timedelta(seconds=1))
    assert list(orders_of(me)) == []


def test_an_empty_account_says_so(client: Client):
    assert "No orders with this address yet" in client.get("/my/").content.decode()


def test_the_export_holds_all_that_is_known(client: Client, shops: list[make.Shop]):
    order, given = make.paid(shops[0], contact=MINE), agreed(MINE)
    answer = client.post("/my/export/")
    told = json.loads(answer.content)
    assert answer.headers["Content-Disposition"].startswith("attachment;")
    assert told["buyer"]["email"] == MINE
    assert [one["number"] for one in told["orders"]] == [order.number]
    assert [one["text"] for one in told["consents"]] == [given.text.text]


def test_the_export_holds_no_key_and_no_link(client: Client, shops: list[make.Shop]):
    order = make.paid(shops[0], contact=MINE)
    text = client.post("/my/export/").content.decode()
    assert order.token not in text and "token" not in text


def test_a_consent_ends_from_its_page_with_what_it_allowed(client: Client):
    given = agreed(MINE)
    client.post(f"/my/consents/{given.key}/end/")
    given.refresh_from_db()
    assert given.ended_at is not None and ENDED[-1] == given


def test_a_language_is_chosen_for_pages_and_mails(client: Client, me: Buyer):
    client.post("/my/settings/language/", {"language": "zh-hans"})
    me.refresh_from_db()
    assert me.language == "zh-hans"
    assert 'lang="zh-CN"' in client.get("/my/settings/").content.decode()


def test_the_order_page_leads_to_all_orders(shops: list[make.Shop]):
    order = make.place(shops[0])
    assert 'href="/my/"' in Client().get(f"/o/{order.token}/").content.decode()


# Whatever the address below /my/, it shows and changes nothing of another buyer's.

MY = [path for path, _ in addresses() if path.startswith("my/")]
OPEN = {"my/sign-in/", "my/sign-in/code/", "my/sign-out/"}


@pytest.fixture
def theirs(shops: list[make.Shop]) -> dict[str, str]:
    people.buyer(THEIRS)
    order, given = make.paid(shops[0], contact=THEIRS), agreed(THEIRS, MARK)
    member = members.started(members.membership(), contact=THEIRS)
    return {
        "mandate": member.mandates.get().key,
        "order": order.key,
        "consent": given.key,
        "number": order.number,
        "token": order.token,
    }


def at(path: str, names: dict[str, str]) -> str:
    for name in ("order", "consent", "mandate"):
        path = path.replace(f"<str:{name}>", names[name])
    assert "<" not in path, f"{path}: say in this test what such an address names"
    return f"/{path}"


def made_up() -> dict[str, str]:
    """Names of things that are not there."""
    kinds = {"order": "ord", "consent": "cns", "mandate": "mnd"}
    return {name: ids.encode(prefix, ids.new()) for name, prefix in kinds.items()}


def state() -> list[Any]:
    return [
        *Buyer.objects.filter(email_key=keys.email_key(THEIRS)).values_list(),
        *Consent.objects.values_list("pk", "ended_at"),
        *Order.objects.values_list("pk", "buyer_key", "revealed_at"),
        *Mandate.objects.values_list("pk", "state"),
    ]


@pytest.mark.parametrize("method", ["get", "post"])
def test_no_page_shows_or_changes_what_is_anothers(client: Client, theirs: dict[str, str], method: str):
    before = state()
    for path in MY:
        answer = getattr(client, method)(at(path, theirs), {"sure": ""})
        text = answer.content.decode() + str(answer.headers)
        assert not any(mark in text for mark in (THEIRS, MARK, theirs["number"], theirs["token"])), path
        if "<" in path:
            assert answer.status_code in (404, 405), path
        client = client if "sign-out" not in path else people.signed_in(people.buyer(MINE))
    assert state() == before


def test_anothers_thing_answers_like_one_that_is_not_there(client: Client, theirs: dict[str, str]):
    nobodys = made_up()
    for path in (path for path in MY if "<" in path):
        for method in ("get", "post"):
            other = getattr(client, method)(at(path, theirs))
            none = getattr(client, method)(at(path, nobodys))
            assert other.status_code == none.status_code


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("path", sorted(set(MY) - OPEN))
def test_who_is_not_signed_in_is_led_to_signing_in(path: str, method: str):
    names = made_up()
    answer = getattr(Client(), method)(at(path, names))
    assert answer.status_code == 303
    assert answer.headers["Location"].startswith("/my/sign-in/")


@pytest.mark.parametrize("path", [path for path in MY if "<" not in path])
def test_no_page_is_kept_or_found(client: Client, path: str):
    answer = client.get(f"/{path}")
    assert answer.headers["Cache-Control"] == "no-store"
    assert "noindex" in answer.headers["X-Robots-Tag"]
    assert "unsafe" not in answer.headers["Content-Security-Policy"]


def test_the_sweep_knows_the_pages():
    assert len(MY) >= 15
