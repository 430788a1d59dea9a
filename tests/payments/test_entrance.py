"""The address to which channels send: no session, no form, the channel's literal and nothing else."""

import pytest
from django.test import Client

from payments.api.notices import MAX_BODY_BYTES
from tests.factories import payments as make
from tests.payments.channels import alipay_world as alipay

pytestmark = pytest.mark.django_db


@pytest.fixture
def channel():
    """A caller that brings no cookie and no form token."""
    return Client(enforce_csrf_checks=True)


def send(channel, payment, request):
    address = f"/n/{payment.notify_token}/"
    return channel.post(address, request.body, content_type=request.content_type)


def test_a_genuine_notice_is_answered_in_the_channels_words(channel, shop):
    payment = make.payment_of(make.place(shop))
    response = send(channel, payment, make.notice(payment))
    assert (response.status_code, response.content) == (200, b"success")
    assert response.headers["Content-Type"].startswith("text/plain")


def test_a_forged_notice_is_answered_without_detail(channel, shop):
    payment = make.payment_of(make.place(shop))
    response = send(channel, payment, alipay.notice(b"sign=0"))
    assert (response.status_code, response.content) == (400, b"fail")


def test_an_unknown_address_is_answered_without_detail(channel, shop):
    response = channel.post(f"/n/{'a' * 23}/", b"a=1", content_type=alipay.FORM)
    assert (response.status_code, response.content) == (404, b"fail")


def test_nothing_is_read_beyond_the_limit(channel, shop):
    payment = make.payment_of(make.place(shop))
    response = send(channel, payment, alipay.notice(b"a=" + b"x" * (2 * MAX_BODY_BYTES)))
    assert response.status_code == 400


def test_looking_changes_nothing(channel, shop):
    payment = make.payment_of(make.place(shop))
    assert channel.get(f"/n/{payment.notify_token}/").status_code == 405


def test_no_cookie_is_set(channel, shop):
    payment = make.payment_of(make.place(shop))
    assert not send(channel, payment, make.notice(payment)).cookies
