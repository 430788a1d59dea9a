"""Mails to buyers, in their language, as text and as HTML."""

from datetime import UTC, datetime

import pytest
from django.core import mail

from kernel.money import Money
from web import letters

ORDER = {"number": "D2611-7K4Q-93", "title": "Key & more", "url": "https://keyway.example/o/atoken/"}
FACTS = {
    "order_delivered": ORDER
    | {"shop_name": "Shop\nBcc: x@y.example", "quantity": 2, "amount": Money(2000, "CNY")},
    "order_links": {
        "shop_name": "Shop",
        "orders": [ORDER | {"placed_at": datetime(2026, 11, 22, tzinfo=UTC)}],
    },
    "payout_returned": {
        "shop_name": "Shop",
        "amount": Money(500, "CNY"),
        "account": "Key & more ···· 0001",
        "why": "Account closed",
        "was_paid": True,
        "url": ORDER["url"],
    },
    "refund": ORDER | {"shop_name": "Shop", "amount": Money(500, "CNY"), "arrival": "Within ten days."},
}


@pytest.fixture(params=FACTS)
def name(request):
    return request.param


@pytest.fixture(params=["zh-hans", "en"])
def letter(request, name):
    letters.send(name, to="buyer@example.com", language=request.param, facts=FACTS[name])
    return mail.outbox[0]


def test_a_letter_carries_its_link_as_text_and_as_html(letter):
    assert ORDER["url"] in letter.body
    assert ORDER["url"] in letter.alternatives[0].content


def test_plain_text_is_not_escaped_and_html_is(letter):
    assert "Key & more" in letter.body
    assert "Key & more" not in letter.alternatives[0].content


def test_a_subject_is_one_line_whatever_a_shop_is_called(letter):
    assert "\n" not in letter.subject


def test_no_letter_loads_anything_from_outside(letter):
    html = letter.alternatives[0].content
    assert not any(part in html for part in ("<img", "<script", "<link", "url("))


@pytest.mark.parametrize(("language", "said"), [("zh-hans", "已发货"), ("en", "is delivered")])
def test_a_letter_speaks_the_buyers_language(language, said):
    letters.send("order_delivered", to="b@example.com", language=language, facts=FACTS["order_delivered"])
    assert said in mail.outbox[0].subject
