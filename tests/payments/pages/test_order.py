"""The buyer's page of an order, in every state that it can be in."""

from datetime import timedelta

import pytest
import time_machine
from django.template.loader import get_template
from django.test import Client

from kernel import clock
from kernel.actors import SYSTEM
from kernel.money import Money
from payments import purchases
from payments.models import Order, Payment
from payments.services import attempts, expiry, holds, notices, refunds
from payments.states import AttemptState
from tests.factories import payments as make
from tests.factories.merchants import stocked

pytestmark = pytest.mark.django_db


@pytest.fixture
def client():
    return Client(headers={"Accept-Language": "en"})


def shown(client, order, path=""):
    return client.get(f"/o/{order.token}/{path}").content.decode()


def test_an_unpaid_order_leads_to_the_wallet_by_a_link(client, shop):
    order = make.place(shop)
    page = shown(client, order)
    assert f'href="{make.payment_of(order).action.value}"'.replace("&", "&amp;") in page
    assert "CN¥10.00" in page


def test_a_qr_code_is_drawn_on_the_page(client, shop):
    order = make.place(shop)
    Payment.objects.update(action_kind="qr", action_value="https://qr.example/abc")
    assert "QR code to pay CN¥10.00" in shown(client, order)


def test_an_order_whose_channel_has_not_answered_says_so(client, shop):
    order = make.place(shop)
    Payment.objects.update(action_kind="", action_value="", state=AttemptState.UNKNOWN)
    assert "is being opened" in shown(client, order)


def test_an_order_whose_payment_failed_offers_the_methods(client, shop):
    order = make.place(shop)
    make.payment_of(order).enter(AttemptState.FAILED, next_query_at=None, concluded_at=clock.now())
    page = shown(client, order)
    assert "Choose how to pay" in page
    assert 'value="alipay.page"' in page


def test_a_link_that_has_ended_is_not_shown_after_more_time_was_given(client, shop):
    order = make.place(shop)
    expiry.extend(order)
    with time_machine.travel(order.placed_at + timedelta(minutes=16)):
        assert "Choose how to pay" in shown(client, order)


def test_an_order_after_its_time_says_that_the_channel_is_asked_first(client, shop):
    order = make.place(shop)
    with time_machine.travel(order.expires_at + timedelta(seconds=1)):
        assert "The time to pay is over" in shown(client, order)


def test_a_paid_order_shows_that_keys_are_there_and_none_of_them(client):
    shop = make.shop(0)
    stocked(shop.product, ["CANARY-KEY-1"])
    page = shown(client, make.paid(shop))
    assert "Delivered" in page
    assert "CANARY" not in page


def test_a_held_order_says_that_a_person_looks(client, shop):
    assert "A person looks at this order first" in shown(client, make.paid(shop, review=True))


def test_an_order_that_was_refused_by_a_person_says_that_the_money_goes_back(client, online, gateway):
    order = make.paid(online, review=True)
    gateway.answers.append(502)
    holds.reject(order, actor=SYSTEM, reason="test")
    assert "was refunded" in shown(client, order)


def test_a_cancelled_order_offers_the_way_back(client, online):
    order = make.place(online)
    Order.objects.get(pk=order.pk).enter("cancelled", field="payment_state", closed_at=clock.now())
    assert "was cancelled" in shown(client, order)


def test_an_expired_order_can_be_ordered_again(client, shop):
    order = make.place(shop)
    order.enter("expired", field="payment_state", closed_at=clock.now())
    page = shown(client, order)
    assert "has expired" in page
    assert f"/p/{shop.product.slug}/" in page


def test_a_product_that_is_gone_is_not_offered_again(client, shop):
    order = make.place(shop)
    order.enter("expired", field="payment_state", closed_at=clock.now())
    shop.product.status = "archived"
    shop.product.save()
    assert "Order again" not in shown(client, order)


def test_a_buyer_never_sees_the_whole_address_of_an_order(client, shop):
    page = shown(client, make.place(shop, contact="secret.name@example.com"))
    assert "secret.name" not in page
    assert "s***@example.com" in page


@pytest.mark.parametrize("path", ["", "live/"])
def test_the_page_is_kept_by_nobody_and_found_by_nobody(client, shop, path):
    answer = client.get(f"/o/{make.place(shop).token}/{path}")
    assert answer["Cache-Control"] == "no-store"
    assert answer["Referrer-Policy"] == "no-referrer"
    assert "noindex" in answer["X-Robots-Tag"]


@pytest.mark.parametrize("token", ["x", "a" * 23, "D2611-7K4Q-93", "a" * 200])
def test_whatever_is_no_token_is_not_found(client, token):
    assert client.get(f"/o/{token}/").status_code == 404


def test_the_number_of_an_order_opens_nothing(client, shop):
    assert client.get(f"/o/{make.place(shop).number}/").status_code == 404


def test_the_live_part_is_not_sent_again_while_nothing_has_changed(client, shop):
    order = make.place(shop)
    version = client.get(f"/o/{order.token}/live/")["ETag"]
    again = client.get(f"/o/{order.token}/live/", headers={"If-None-Match": version})
    assert (again.status_code, again.content) == (304, b"")


def test_the_live_part_is_sent_when_the_order_was_paid(client, shop):
    order = make.place(shop)
    version = client.get(f"/o/{order.token}/live/")["ETag"]
    make.pay(order)
    again = client.get(f"/o/{order.token}/live/", headers={"If-None-Match": version})
    assert again.status_code == 200
    assert "Delivered" in again.content.decode()


def test_the_version_that_the_page_carries_is_the_one_that_is_asked_with(client, shop):
    order = make.place(shop)
    assert f"data-poll={client.get(f'/o/{order.token}/live/')['ETag']}" in shown(client, order)


def test_another_language_is_another_version(client, shop):
    order = make.place(shop)
    version = client.get(f"/o/{order.token}/live/")["ETag"]
    other = client.get(
        f"/o/{order.token}/live/", headers={"If-None-Match": version, "Accept-Language": "zh-CN"}
    )
    assert other.status_code == 200


def test_an_open_order_asks_for_news_and_a_delivered_one_does_not(client, shop):
    order = make.place(shop)
    assert "data-poll" in shown(client, order)
    make.pay(order)
    assert "data-poll" not in shown(client, order)


def test_a_delivered_order_asks_for_news_while_money_is_on_its_way_back(client, online, gateway):
    order = make.paid(online)
    gateway.answers.append(502)
    refunds.book(payment=make.payment_of(order), amount=Money(500, "CNY"), reason="test", actor=SYSTEM)
    page = shown(client, order)
    assert "data-poll" in page
    assert "CN¥5.00" in page


def test_money_that_came_twice_is_told_with_its_amount(client, shop):
    order = make.place(shop)
    first = make.payment_of(order)
    attempts.open(order, "alipay.wap")
    make.pay(order)
    notices.take(first.notify_token, make.notice(first))
    page = shown(client, order)
    assert "You paid more than once" in page
    assert "CN¥10.00 came in besides" in page


def test_every_stage_has_its_part_of_the_page():
    assert all(get_template(f"checkout/stages/{stage}.html") for stage in purchases.Stage)


def test_more_time_can_be_asked_for_twice_and_no_more(client, shop):
    order = make.place(shop)
    assert "15 more minutes" in shown(client, order)
    Order.objects.update(extensions=2)
    assert "15 more minutes" not in shown(client, order)


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_the_time_that_is_left_is_said_in_seconds_and_in_words(client, shop, language):
    order = make.place(shop)
    with time_machine.travel(order.placed_at + timedelta(minutes=5), tick=False):
        page = client.get(f"/o/{order.token}/", headers={"Accept-Language": language}).content.decode()
    assert 'data-left="600"' in page


def test_a_twins_order_lives_on_the_twins_clock(client):
    shop = make.sandbox_shop()
    shop.merchant.clock_ahead = timedelta(days=3)
    shop.merchant.save()
    order = make.place(shop)
    assert purchases.find(order.token).stage == "pay"
