"""Orders that a person looks at before they are delivered."""

import pytest

from kernel import clock, ids
from kernel.actors import Actor, ActorKind
from merchants.models import StockItem
from outbox.models import Event
from payments.errors import NotDelivered, NotHeld
from payments.models import Order, Refund
from payments.postings import Books
from payments.services import baskets, deliveries, holds, orders
from risk.models import Decision
from risk.services import reviews
from tests.factories import payments as make
from tests.factories.ledger import paid_out
from tests.payments.test_attempts import ABSENT
from tests.payments.test_refunds import balance, done

pytestmark = pytest.mark.django_db

OPERATOR = Actor(ActorKind.OPERATOR, ids.new())


@pytest.fixture
def held(online) -> Order:
    """An order that is paid and waits for a person."""
    return make.paid(online, review=True, quantity=2)


def test_a_held_order_is_paid_and_keeps_its_keys_reserved(held):
    assert (held.payment_state, held.fulfilment) == ("paid", "held")
    assert StockItem.objects.filter(order_id=held.pk, state="reserved").count() == 2


def test_a_held_orders_keys_cannot_be_seen(held):
    with pytest.raises(NotDelivered):
        deliveries.reveal(held, actor=OPERATOR)


def test_a_held_orders_money_is_booked(online, held):
    assert balance(online) == 2000 - 60 - 12


def test_a_released_order_is_delivered(held):
    released = holds.release(held, actor=OPERATOR, reason="known buyer")
    assert released.fulfilment == "delivered"
    assert StockItem.objects.filter(order_id=held.pk, state="delivered").count() == 2
    assert Event.objects.filter(subject_id=held.pk, topic="order.delivered").count() == 1


def test_a_rejected_order_gives_keys_and_money_back(online, gateway, held):
    payment = make.payment_of(held)
    gateway.answers.append(done(payment, 2000))
    refund = holds.reject(held, actor=OPERATOR, reason="stolen account")
    held.refresh_from_db()
    assert (refund.kind, refund.state) == ("rejected", "succeeded")
    assert (held.payment_state, held.fulfilment) == ("refunded", "revoked")
    assert StockItem.objects.filter(state="available").count() == 5
    assert balance(online) == 0


def test_a_rejection_needs_no_cover(online, gateway, held):
    books = Books(online.merchant.pk, online.account.pk, "CNY", online.merchant.book)
    make.post(paid_out(books.merchant, 1928, make.payment_of(held).available_at))
    gateway.answers.append(done(make.payment_of(held), 2000))
    assert holds.reject(held, actor=OPERATOR, reason="stolen account").state == "succeeded"
    assert balance(online) == -1928


@pytest.mark.parametrize("verb", [holds.release, holds.reject])
def test_a_decision_is_made_once(gateway, held, verb):
    holds.release(held, actor=OPERATOR, reason="known buyer")
    with pytest.raises(NotHeld):
        verb(held, actor=OPERATOR, reason="again")
    assert not Refund.objects.exists()


def test_the_auditor_finds_nothing_after_decisions(online, gateway, held, offences):
    gateway.answers.append(done(make.payment_of(held), 2000))
    holds.reject(held, actor=OPERATOR, reason="stolen account")
    holds.release(make.paid(online, review=True), actor=OPERATOR, reason="known buyer")
    make.paid(online, review=True)
    assert offences() == []


def decided(order, verb):
    """An order under a review of risk, and a person's verdict on it."""
    decision = decision_for_review(order)
    verb(decision.pk, actor=OPERATOR, reason="looked at it")
    return decision


def decision_for_review(order):
    decision = Decision.objects.create(
        id=order.decision_id,
        at=clock.now(),
        merchant_id=order.merchant_id,
        book=order.book,
        store_id=order.store_id,
        product_id=order.product_id,
        quantity=order.quantity,
        amount=order.total,
        currency=order.currency,
        method="alipay.page",
        outcome="review",
        reasons=[{"code": "limit.email", "facts": {}}],
        review="pending",
    )
    assert decision.review == "pending"
    return decision


def reviewed(at):
    """An order that risk wants a person to look at."""
    asked = baskets.ask(make.basket(at))
    return make.found(orders.place(asked, decision_id=ids.new(), review=True))


def test_a_release_by_risks_reviewers_delivers(online):
    order = reviewed(online)
    make.pay(order)
    decided(order, reviews.release)
    holds.settle(Order.objects.get(pk=order.pk))
    assert Order.objects.get(pk=order.pk).fulfilment == "delivered"


def test_a_rejection_by_risks_reviewers_gives_the_money_back(online, gateway):
    order = reviewed(online)
    make.pay(order)
    decided(order, reviews.reject)
    gateway.answers.append(done(make.payment_of(order), 1000))
    holds.settle(Order.objects.get(pk=order.pk))
    assert Order.objects.get(pk=order.pk).payment_state == "refunded"


def test_an_order_that_is_released_before_it_is_paid_is_delivered_at_once(online):
    order = reviewed(online)
    decided(order, reviews.release)
    holds.settle(order)
    make.pay(order)
    assert Order.objects.get(pk=order.pk).fulfilment == "delivered"


def test_an_order_that_is_rejected_before_it_is_paid_ends(online, gateway):
    order = reviewed(online)
    decided(order, reviews.reject)
    gateway.answers.append(ABSENT)
    holds.settle(order)
    assert Order.objects.get(pk=order.pk).payment_state == "cancelled"


def test_a_decision_made_here_is_heard_by_risk(online):
    order = reviewed(online)
    make.pay(order)
    decision = decision_for_review(order)
    holds.release(Order.objects.get(pk=order.pk), actor=OPERATOR, reason="known buyer")
    decision.refresh_from_db()
    assert decision.review == "released"


def test_settling_twice_delivers_once(online):
    order = reviewed(online)
    make.pay(order)
    decided(order, reviews.release)
    for _ in range(2):
        holds.settle(Order.objects.get(pk=order.pk))
    assert Event.objects.filter(subject_id=order.pk, topic="order.delivered").count() == 1
