"""What a trial asks before it begins, and one that no card follows: where its channel keeps none."""

from datetime import timedelta
from uuid import uuid4

import pytest

from buyers import consents
from kernel.books import Book
from kernel.errors import Invalid
from kernel.money import Money
from merchants.services import entitlement_checks
from payments.errors import RiskRefused
from payments.memberships import Wish
from payments.models import Order
from payments.services import attempts
from payments.subscriptions import revenue
from payments.subscriptions.errors import TrialRefused
from payments.subscriptions.models import Mandate, Subscription
from payments.subscriptions.services import renewals, starts
from risk import rules
from risk.states import Outcome
from tests.factories import payments as make
from tests.factories import subscriptions as members
from tests.factories.risk import LimitFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def tasting():
    return members.membership(trial_days=14)


@pytest.fixture(params=[(Outcome.BLOCK, RiskRefused), (Outcome.REVIEW, TrialRefused)])
def refusal(request):
    """One trial an address and day, and what the second one is refused by."""
    outcome, error = request.param
    LimitFactory.create(book=Book.SANDBOX, most=1, outcome=outcome)
    rules.forget()
    yield error
    rules.forget()


def begin(shop, **changes):
    return starts.trial(members.basket(shop, contact="same@example.com", **changes))


def test_a_trial_is_refused_where_risk_would_refuse_or_hold_an_order(tasting, refusal):
    begin(tasting)
    with pytest.raises(refusal):
        begin(tasting)
    assert Subscription.objects.count() == 1


def test_a_code_is_not_silently_lost_in_a_trial(tasting):
    with pytest.raises(Invalid) as refused:
        begin(tasting, codes=("WELCOME",))
    assert list(refused.value.context["errors"]) == ["code"]
    assert not Subscription.objects.exists()


@pytest.fixture
def untied():
    """A trial of a week, paid for by Alipay if at all: it keeps no method."""
    shop = members.membership(trial_days=7, prices={"USD": 1000, "CNY": 7000})
    wish = Wish(members.first_plan(shop).version_id, "CNY", consents=False)
    made = begin(shop, method=members.ALIPAY, plan=wish, language="en")
    assert made.url == ""
    return Subscription.objects.get()


def later(subscription, **time):
    members.advance(subscription, **time)
    renewals.run(10)
    renewals.run(10)
    return members.again(subscription)


def test_a_trial_where_nothing_is_kept_begins_at_once_and_asks_for_no_consent(untied):
    assert (untied.state, untied.mandate_id, Mandate.objects.exists()) == ("trialing", None, False)
    assert not consents.of_subject("subscription", [untied.pk]).exists()
    assert (untied.trial_ends - untied.period_starts).days == 7
    assert entitlement_checks.by_key(untied.merchant_id, members.key(untied)).state == "active"
    assert not Order.objects.exists()


def test_its_notice_is_an_order_with_a_link_and_paying_it_makes_a_member(untied):
    later(untied, days=6)
    order = Order.objects.select_related("merchant").get()
    assert order.price == Money(7000, "CNY")
    attempts.open(order, members.ALIPAY)
    make.pay(order)
    assert later(untied, days=2).state == "active"
    paid = untied.invoices.get(kind="renewal")
    assert (paid.state, paid.period_starts) == ("paid", untied.trial_ends)


def test_who_does_not_pay_after_it_is_off_and_then_ended(untied):
    assert later(untied, days=8).state == "past_due"
    later(untied, days=4)
    assert entitlement_checks.by_key(untied.merchant_id, members.key(untied)).state != "active"
    ended = later(untied, days=10)
    assert (ended.state, ended.end_reason) == ("ended", "unpaid")
    told = revenue.trials(Book.SANDBOX, untied.period_starts, members.now(untied))
    assert (told.ended, told.converted, told.rate) == (1, 0, 0)


def test_trials_are_counted_where_they_end(untied):
    begins, ends, merchant = untied.period_starts, untied.trial_ends, untied.merchant_id
    later(untied, days=6)
    order = Order.objects.select_related("merchant").get()
    attempts.open(order, members.ALIPAY)
    make.pay(order)

    def counted(begin, end, book=Book.SANDBOX, merchant_id=merchant):
        told = revenue.trials(book, begin, end, merchant_id=merchant_id)
        return told.ended, told.converted

    assert counted(begins, ends) == (1, 1)
    assert counted(ends, ends + timedelta(days=1)) == (0, 0)
    assert counted(begins, ends - timedelta(seconds=1)) == (0, 0)
    assert counted(begins, ends, book=Book.LIVE) == (0, 0)
    assert counted(begins, ends, merchant_id=uuid4()) == (0, 0)
    assert revenue.trials(Book.LIVE, begins, ends).rate is None
