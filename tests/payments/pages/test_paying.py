"""What a buyer does while an order waits for its money."""

import re

import pytest
from django.test import Client

from payments.models import Order, Payment
from payments.states import PaymentState
from tests.factories import payments as make
from tests.payments.channels import alipay_world as alipay

pytestmark = pytest.mark.django_db


@pytest.fixture
def client():
    return Client(headers={"Accept-Language": "en"})


def test_another_method_opens_another_payment_and_leads_back(client, shop):
    order = make.place(shop)
    answer = client.post(f"/o/{order.token}/pay/", {"method": "alipay.wap"})
    assert (answer.status_code, answer["Location"]) == (303, f"/o/{order.token}/")
    assert list(order.payments.order_by("ordinal").values_list("method", flat=True)) == [
        "alipay.page",
        "alipay.wap",
    ]


def test_a_method_that_nobody_offers_changes_nothing(client, shop):
    order = make.place(shop)
    assert client.post(f"/o/{order.token}/pay/", {"method": "wechat.qr"}).status_code == 409
    assert order.payments.count() == 1


def test_a_paid_order_cannot_be_paid_by_another_method(client, shop):
    order = make.paid(shop)
    assert client.post(f"/o/{order.token}/pay/", {"method": "alipay.wap"}).status_code == 409
    assert order.payments.count() == 1


def test_payments_are_not_opened_without_end(client, shop):
    order = make.place(shop)
    answers = [client.post(f"/o/{order.token}/pay/", {"method": "alipay.wap"}) for _ in range(11)]
    assert answers[-1].status_code == 429


def test_fifteen_more_minutes_are_given(client, shop):
    order = make.place(shop)
    until = re.search(r'name="until" value="([^"]+)"', client.get(f"/o/{order.token}/").content.decode())[1]
    for _ in range(2):
        client.post(f"/o/{order.token}/extend/", {"until": until})
    assert (Order.objects.get().expires_at - order.expires_at).total_seconds() == 900


def test_i_have_paid_asks_the_channel_and_shows_the_keys(client, online, gateway):
    order = make.place(online)
    payment = make.payment_of(order)
    gateway.answers.append(
        alipay.done(
            out_trade_no=payment.reference,
            trade_no="2026QUERY",
            trade_status="TRADE_SUCCESS",
            total_amount="10.00",
            send_pay_date="2026-11-22 15:30:01",
        )
    )
    client.post(f"/o/{order.token}/check/")
    assert Order.objects.get().payment_state == PaymentState.PAID


def test_i_have_paid_may_be_pressed_now_and_then_only(client, shop):
    order = make.place(shop)
    Payment.objects.update(state="closed", next_query_at=None)
    answers = [client.post(f"/o/{order.token}/check/") for _ in range(7)]
    assert [answer.status_code for answer in answers] == [303] * 6 + [429]


@pytest.mark.parametrize("path", ["pay", "extend", "check", "cancel", "reveal", "download", "mail"])
def test_nothing_happens_by_looking(client, shop, path):
    order = make.place(shop)
    assert client.get(f"/o/{order.token}/{path}/").status_code == 405


@pytest.mark.parametrize("path", ["pay", "extend", "check", "cancel", "reveal", "download", "mail"])
def test_nothing_happens_without_the_forms_token(shop, path):
    order = make.place(shop)
    assert Client(enforce_csrf_checks=True).post(f"/o/{order.token}/{path}/").status_code == 403


@pytest.mark.parametrize("path", ["pay", "extend", "check", "cancel", "reveal", "download", "mail"])
def test_an_order_of_nobody_is_not_found(client, path):
    assert client.post(f"/o/{'a' * 23}/{path}/", {"method": "alipay.wap"}).status_code == 404


@pytest.mark.parametrize("path", ["pay", "extend", "check", "cancel", "reveal", "download", "mail"])
def test_the_addresses_of_the_forms_stay_with_their_owner(client, shop, path):
    answer = client.post(f"/o/{make.place(shop).token}/{path}/")
    assert answer["Cache-Control"] == "no-store"
