"""Mails to buyers."""

import pytest
from django.core import mail

from outbox.models import Event
from outbox.subscribers import Received
from payments import subscribers
from payments.services import deliveries, lookups, refunds
from payments.services.refunds import Money
from tests.factories import payments as make
from tests.factories.coupons import CouponFactory, code_of
from tests.payments.test_refunds import MEMBER, done

pytestmark = pytest.mark.django_db


def deliver(topic):
    """Hand the one event of this topic to the subscriber, as the relay would."""
    event = Event.objects.get(topic=topic)
    subscribers.mail(
        Received(
            number=1,
            version=1,
            id=event.pk,
            topic=event.topic,
            subject=(event.subject_kind, event.subject_id),
            merchant_id=event.merchant_id,
            book=event.book,
            payload=event.payload,
            created_at=event.created_at,
        )
    )
    return mail.outbox[-1]


def test_a_delivered_order_is_mailed_with_its_link_and_without_its_keys(shop):
    order = make.paid(shop, contact="buyer@example.com")
    letter = deliver("order.delivered")
    assert letter.to == ["buyer@example.com"]
    assert f"/o/{order.token}/" in letter.body
    keys = deliveries.reveal(order, actor=MEMBER)
    assert not any(key in letter.body for key in keys)


def test_a_mail_is_in_the_buyers_language(shop):
    make.paid(shop, language="en")
    assert "Your order is paid and delivered." in deliver("order.delivered").body


def test_the_letter_says_what_a_code_took_off(shop):
    code_of(CouponFactory.create(merchant=shop.merchant, amount=300), "SAVE")
    make.paid(shop, language="en", codes=("SAVE",))
    letter = deliver("order.delivered")
    assert "Discount: −CN¥3.00\nAmount: CN¥7.00" in letter.body
    assert "−CN¥3.00" in str(letter.alternatives[0])


@pytest.mark.parametrize("by", ["number", "contact"])
def test_links_go_to_the_orders_own_mailbox_only(shop, by):
    order = make.paid(shop, contact="buyer@example.com")
    text = order.number.lower() if by == "number" else "Buyer@example.com"
    lookups.send_links(order.store_id, order.merchant_id, text)
    letter = deliver("order.links_asked")
    assert letter.to == ["buyer@example.com"]
    assert f"/o/{order.token}/?pass=" in letter.body


@pytest.mark.parametrize("text", ["", "nobody@example.com", "D2611-AAAA-AA", "%", "D2611"])
def test_what_is_not_found_brings_no_mail(shop, text):
    order = make.paid(shop)
    lookups.send_links(order.store_id, order.merchant_id, text)
    assert not Event.objects.filter(topic="order.links_asked").exists()


def test_another_stores_orders_are_not_found(shop):
    order = make.paid(shop)
    other = make.shop()
    lookups.send_links(other.product.store_id, other.merchant.pk, order.number)
    assert not Event.objects.filter(topic="order.links_asked").exists()


def test_a_refund_is_told_with_its_amount(online, gateway):
    payment = make.payment_of(make.paid(online, language="en"))
    gateway.answers.append(done(payment, 250))
    refunds.book(payment=payment, amount=Money(250, "CNY"), reason="", actor=MEMBER)
    assert "2.50" in deliver("refund.requested").body
