"""Money that comes for a subscription which has ended meanwhile goes back by itself."""

import pytest

from ledger import auditor
from payments.invariants import INVARIANTS as OF_THE_SALE
from payments.models import Notice, Order, Payment, Refund
from payments.subscriptions.invariants import INVARIANTS
from payments.subscriptions.models import Invoice
from payments.subscriptions.services import renewals, sweeps
from tests.factories import cards
from tests.factories import payments as make
from tests.factories import subscriptions as members

pytestmark = pytest.mark.django_db


@pytest.fixture
def late(club, bank):
    """What a buyer paid by a link, after the period before it went back whole."""
    subscription = members.started(club, keeps=False)
    first = Payment.objects.get()
    members.advance(subscription, days=26)
    renewals.run(10)
    payment = make.payment_of(members.opened(Order.objects.get(payment_state="pending")))
    refund = cards.refund(first)
    cards.tell(club, cards.refund_event(refund, "succeeded"))
    cards.tell(club, cards.completed(payment))
    payment.refresh_from_db()
    return payment


def test_money_for_what_has_ended_is_surplus(late):
    assert (late.use, late.platform_fee) == ("surplus", 0)


def test_money_for_what_has_ended_is_on_its_way_back(late):
    assert Refund.objects.get(payment=late).kind == "surplus"


def test_its_notice_says_so(late):
    assert Notice.objects.filter(payment=late).values_list("reason", flat=True).get() == "surplus"


def test_its_order_ends_unpaid(late):
    sweeps.close_orders(10)
    assert (late.order.paid_at, Order.objects.get(pk=late.order_id).payment_state) == (None, "cancelled")


def test_its_invoice_is_void(late):
    sweeps.close_orders(10)
    assert Invoice.objects.get(order=late.order_id).state == "void"


def test_the_books_are_right(late):
    sweeps.close_orders(10)
    assert [each.code for each in (*OF_THE_SALE, *INVARIANTS) if not auditor.check(each).holds] == []
