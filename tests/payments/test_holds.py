"""Orders that a person looks at before they are delivered."""

import pytest

from kernel import ids
from kernel.actors import Actor, ActorKind
from merchants.models import StockItem
from outbox.models import Event
from payments.errors import NotDelivered, NotHeld
from payments.models import Order, Refund
from payments.postings import Books
from payments.services import deliveries, holds
from tests.factories import payments as make
from tests.factories.ledger import paid_out
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
