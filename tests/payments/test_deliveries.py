"""Keys in the buyer's hands."""

import pytest

from audit.models import AuditRow
from kernel import ids
from kernel.actors import BUYER, Actor, ActorKind
from payments.errors import NotDelivered
from payments.services import deliveries
from tests.factories import payments as make
from tests.factories.merchants import stocked

pytestmark = pytest.mark.django_db


def test_the_oldest_keys_are_delivered_in_their_order(db):
    at = make.shop(0)
    stocked(at.product, ["KEY-1", "KEY-2", "KEY-3"])
    order = make.paid(at, quantity=2)
    assert deliveries.reveal(order, actor=BUYER) == ["KEY-1", "KEY-2"]


def test_every_look_is_written_down(shop):
    order = make.paid(shop)
    deliveries.reveal(order, actor=BUYER)
    deliveries.reveal(order, actor=BUYER)
    assert AuditRow.objects.filter(subject_id=order.pk, action="order.revealed").count() == 2


def test_the_buyers_first_look_has_its_time(shop):
    order = make.paid(shop)
    deliveries.reveal(order, actor=BUYER)
    order.refresh_from_db()
    first = order.revealed_at
    deliveries.reveal(order, actor=BUYER)
    order.refresh_from_db()
    assert order.revealed_at == first


def test_a_members_look_is_not_the_buyers(shop):
    order = make.paid(shop)
    deliveries.reveal(order, actor=Actor(ActorKind.MEMBER, ids.new()), reason="support")
    order.refresh_from_db()
    assert order.revealed_at is None


def test_an_unpaid_orders_keys_cannot_be_seen(shop):
    with pytest.raises(NotDelivered):
        deliveries.reveal(make.place(shop), actor=BUYER)
