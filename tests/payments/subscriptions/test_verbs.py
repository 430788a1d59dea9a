"""What a buyer or merchant can do with a subscription at any time."""

from datetime import timedelta

import pytest

from kernel.actors import BUYER, SYSTEM
from kernel.intervals import Unit
from ledger import auditor
from merchants.models import EntitlementGrant
from merchants.services import entitlement_checks
from payments.channels.base import MandateState as Said
from payments.channels.news import MandateTold
from payments.models import Order, Payment
from payments.services import checkout, expiry, holds
from payments.subscriptions.errors import (
    ConsentMissing,
    NotAllowed,
    NothingChanges,
    NotPossible,
    PreviewOutdated,
    TrialUsed,
)
from payments.subscriptions.invariants import INVARIANTS
from payments.subscriptions.models import Invoice, Mandate, RecurringChange
from payments.subscriptions.services import (
    cancellations,
    changes,
    extensions,
    mandates,
    pauses,
    policies,
    renewals,
    starts,
)
from payments.subscriptions.states import CancelNow
from tests.factories import cards
from tests.factories import payments as make
from tests.factories import subscriptions as members
from tests.factories.coupons import CouponFactory, code_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def nothing_is_amiss(db):
    yield
    assert [each.code for each in INVARIANTS if not auditor.check(each).holds] == []


def later(subscription, **time):
    members.advance(subscription, **time)
    renewals.run(50)
    renewals.run(50)
    return members.again(subscription)


def over(subscription):
    """To a minute after the period is over."""
    left = members.again(subscription).period_ends - members.now(subscription)
    return later(subscription, seconds=left.total_seconds() + 60)


def halfway(subscription):
    whole = subscription.period_ends - subscription.period_starts
    members.advance(subscription, seconds=whole.total_seconds() / 2)


def standing(subscription):
    return entitlement_checks.by_key(subscription.merchant_id, members.key(subscription)).state


def change_now(subscription, plan, quantity, **more):
    shown = changes.preview(subscription, version_id=plan.version_id, quantity=quantity)
    values = {"agreed": shown.due, "at": shown.at, "actor": BUYER} | more
    return changes.now(subscription, version_id=plan.version_id, quantity=quantity, **values)


def kinds(subscription):
    rows = RecurringChange.objects.filter(subscription=subscription).order_by("id")
    return [(row.kind, int(row.after)) for row in rows]


def allow(subscription, **rules):
    values = {
        "retry_days": [0, 2, 5, 9], "grace_days": 3, "notice_days": None, "may_pause": True,
        "may_change": True, "cancel_now": CancelNow.NO,
    }  # fmt: skip
    policies.change(subscription.merchant_id, **(values | rules), actor=SYSTEM)


def test_twice_as_many_now_cost_the_rest_of_the_period(club, bank):
    subscription = members.started(club)
    plan = members.first_plan(club)
    halfway(subscription)
    done = change_now(members.again(subscription), plan, 2)
    assert (done.order, done.subscription.quantity, done.invoice.total) == (None, 2, 500)
    assert bank.charged == [500]
    assert done.subscription.period_ends == subscription.period_ends
    assert kinds(subscription) == [("new", 1000), ("expansion", 2000)]
    over(subscription)
    assert bank.charged == [500, 2000]


def test_fewer_now_go_to_the_balance_and_are_used_first(club, bank):
    subscription = members.started(club, quantity=2)
    done = change_now(subscription, members.first_plan(club), 1)
    assert 990 <= done.subscription.balance <= 1000
    before = done.subscription.balance
    over(subscription)
    assert bank.charged == ([] if before == 1000 else bank.charged)
    assert members.again(subscription).balance == before - 1000 + sum(bank.charged)


def test_a_time_shown_before_the_last_change_gives_nothing_back_that_was_not_paid(club, bank):
    daily = members.plan(club, price=100_000, unit=Unit.DAY)
    subscription = members.started(club, version=daily)
    shown_at = members.now(subscription)
    members.advance(subscription, minutes=10)
    change_now(members.again(subscription), daily, 2)
    change_now(members.again(subscription), daily, 1, at=shown_at)
    assert members.again(subscription).balance <= sum(bank.charged)


def test_what_is_to_end_is_not_changed_before_that_is_undone(club, bank):
    subscription = cancellations.at_end(members.started(club), actor=BUYER)
    with pytest.raises(NotPossible):
        change_now(subscription, members.first_plan(club), 2)
    assert bank.charged == []


def test_another_interval_begins_a_period_now(club, bank):
    subscription = members.started(club)
    year = members.plan(club, price=10_000, unit=Unit.YEAR)
    members.advance(subscription, days=10)
    done = change_now(members.again(subscription), year, 1, consents=True)
    assert done.subscription.period == 2
    assert done.subscription.period_ends > subscription.period_ends + timedelta(days=300)
    assert EntitlementGrant.objects.filter(revoked_at__isnull=False).count() == 1
    assert standing(subscription) == "active"


def test_more_than_was_agreed_to_needs_new_words(club):
    subscription = members.started(club)
    with pytest.raises(ConsentMissing):
        change_now(subscription, members.first_plan(club), 10)


def test_a_planned_change_above_what_was_agreed_to_needs_new_words_as_well(club, bank):
    subscription = members.started(club)
    year = members.plan(club, price=9000, unit=Unit.YEAR)
    wanted = {"version_id": year.version_id, "quantity": 1, "actor": BUYER}
    with pytest.raises(ConsentMissing):
        changes.at_end(subscription, **wanted)
    assert members.again(subscription).next_version_id is None
    changes.at_end(subscription, consents=True, **wanted)
    assert Mandate.objects.get().limit_amount == 27_000
    assert over(subscription).state == "active"
    assert bank.charged == [9000]


def test_a_sum_that_was_not_shown_is_not_charged(club, bank):
    subscription = members.started(club)
    plan = members.first_plan(club)
    with pytest.raises(PreviewOutdated):
        change_now(subscription, plan, 2, agreed=plan.price("USD") * 9)
    assert bank.calls == 0


def test_a_change_that_the_bank_refuses_waits_for_its_buyer(club, bank):
    subscription = members.started(club)
    bank.plight = "insufficient_funds"
    done = change_now(subscription, members.first_plan(club), 2)
    assert (done.order.payment_state, done.subscription.quantity) == ("pending", 1)
    expiry.cancel(Order.objects.select_related("merchant").get(pk=done.order.pk), actor=SYSTEM)
    now = members.again(subscription)
    assert (now.state, now.quantity, now.balance) == ("active", 1, 0)


def test_what_a_change_took_of_the_balance_comes_back_when_it_is_not_paid(club, bank):
    subscription = members.started(club, quantity=2)
    before = change_now(subscription, members.first_plan(club), 1).subscription.balance
    bank.plight = "insufficient_funds"
    done = change_now(members.again(subscription), members.first_plan(club), 4)
    assert (done.invoice.balance_used, done.subscription.balance) == (before, 0)
    cancellations.at_end(done.subscription, actor=BUYER)
    assert members.again(subscription).balance == before


def test_a_change_at_the_end_holds_from_the_next_period_on(club, bank):
    subscription = members.started(club)
    changes.at_end(subscription, version_id=members.first_plan(club).version_id, quantity=3, actor=BUYER)
    assert members.again(subscription).quantity == 1
    now = over(subscription)
    assert (now.quantity, now.next_quantity, bank.charged) == (3, None, [3000])


def test_a_pause_begins_with_the_end_of_what_is_paid_and_ends_with_a_charge(club, bank):
    subscription = members.started(club)
    pauses.at_end(subscription, actor=BUYER)
    now = over(subscription)
    assert (now.state, now.recurring, bank.calls, standing(now)) == ("paused", 0, 0, "off")
    later(subscription, days=20)
    now = pauses.resume(now, actor=BUYER)
    now = members.again(now)
    assert (now.state, now.period, bank.charged, standing(now)) == ("active", 2, [1000], "active")
    assert [kind for kind, _ in kinds(now)] == ["new", "churn", "reactivation"]


def test_a_pause_with_a_day_ends_by_itself(club, bank):
    subscription = members.started(club)
    pauses.at_end(subscription, actor=BUYER, resume_at=subscription.period_ends + timedelta(days=5))
    assert over(subscription).state == "paused"
    assert later(subscription, days=6).state == "active"


def test_a_pause_is_taken_back_before_it_begins(club, bank):
    subscription = members.started(club)
    pauses.at_end(subscription, actor=BUYER)
    pauses.resume(subscription, actor=BUYER)
    assert over(subscription).state == "active"


def test_who_cancels_keeps_what_is_paid(club, bank):
    subscription = members.started(club)
    cancellations.at_end(subscription, actor=BUYER, reason="too dear")
    now = members.again(subscription)
    assert (now.state, standing(now)) == ("active", "active")
    now = over(subscription)
    assert (now.state, now.end_reason, bank.calls, standing(now)) == ("ended", "cancelled", 0, "off")
    mandates.ask(Mandate.objects.get().pk)
    assert bank.forgotten == {"pm_card"}


def test_a_cancellation_is_undone_until_it_ends(club, bank):
    subscription = members.started(club)
    cancellations.at_end(subscription, actor=BUYER)
    cancellations.undo(subscription, actor=BUYER)
    assert over(subscription).state == "active"
    cancellations.at_end(subscription, actor=BUYER)
    over(subscription)
    with pytest.raises(NotPossible):
        cancellations.undo(subscription, actor=BUYER)


def test_buyers_end_at_once_only_where_the_policy_says_so(club):
    subscription = members.started(club)
    with pytest.raises(NotAllowed):
        cancellations.now(subscription, actor=BUYER)
    allow(subscription, cancel_now=CancelNow.PRORATED)
    halfway(subscription)
    now = cancellations.now(subscription, actor=BUYER)
    assert (now.state, standing(now)) == ("ended", "off")
    assert Payment.objects.get().refund_pending in range(499, 501)


def test_a_whole_refund_ends_the_period_and_the_subscription(club):
    subscription = members.started(club)
    payment = Payment.objects.get()
    refund = cards.refund(payment)
    cards.tell(club, cards.refund_event(refund, "succeeded"))
    now = members.again(subscription)
    assert (now.state, now.end_reason, standing(now)) == ("ended", "refunded", "off")
    assert kinds(now)[-1] == ("churn", 0)


def test_a_first_order_that_expires_leaves_nothing(club):
    order = members.ordered(club)
    expiry.cancel(order, actor=SYSTEM)
    now = members.of(order)
    assert (now.state, now.end_reason) == ("ended", "never_paid")
    assert Invoice.objects.get().state == "void"
    cards.tell(club, cards.completed(make.payment_of(order)))
    assert members.of(order).state == "ended"
    assert Payment.objects.get().use == "surplus"


def held(club):
    order = members.ordered(club, review=True)
    cards.tell(club, cards.completed(make.payment_of(order)))
    order.refresh_from_db()
    return order


def test_a_held_order_begins_when_a_person_lets_it_pass(club):
    order = held(club)
    assert (order.fulfilment, members.of(order).state) == ("held", "incomplete")
    assert holds.release(order, actor=SYSTEM, reason="known").fulfilment == "delivered"
    assert (members.of(order).state, standing(members.of(order))) == ("active", "active")


def test_a_held_order_that_is_rejected_begins_nothing(club):
    order = held(club)
    holds.reject(order, actor=SYSTEM, reason="stolen")
    assert (members.of(order).state, members.of(order).end_reason) == ("ended", "rejected")
    assert Invoice.objects.get().state == "void"


def test_a_coupon_holds_for_the_first_period_alone(club, bank):
    code_of(CouponFactory.create(merchant=club.merchant, currency="USD", amount=300), "WELCOME")
    order = members.found(checkout.buy(members.basket(club, codes=("WELCOME",))))
    cards.tell(club, cards.completed(make.payment_of(order)))
    subscription = members.of(order)
    members.keep_card(subscription)
    assert (order.total, Invoice.objects.get().total, subscription.period_value) == (700, 700, 700)
    over(subscription)
    assert bank.charged == [1000]


def test_what_one_has_already_is_no_change_that_could_cost_a_coupon(club, bank):
    code_of(CouponFactory.create(merchant=club.merchant, currency="USD", amount=300), "WELCOME")
    order = members.found(checkout.buy(members.basket(club, codes=("WELCOME",))))
    cards.tell(club, cards.completed(make.payment_of(order)))
    subscription = members.of(order)
    with pytest.raises(NothingChanges):
        change_now(subscription, members.first_plan(club), 1)
    with pytest.raises(NothingChanges):
        changes.at_end(subscription, version_id=subscription.version_id, quantity=1, actor=BUYER)
    assert Invoice.objects.count() == 1


def test_days_that_are_given_move_the_next_charge(club, bank):
    subscription = members.started(club)
    extensions.give(subscription, 10, actor=SYSTEM, reason="an outage")
    now = over(subscription)
    assert now.period_starts == subscription.period_ends + timedelta(days=10)
    assert (standing(now), bank.charged) == ("active", [1000])


def test_a_permission_that_ended_is_charged_no_more(club, bank):
    subscription = members.started(club)
    mandates.end(Mandate.objects.get(), actor=BUYER)
    now = over(subscription)
    assert (now.state, now.mandate_id, bank.calls) == ("past_due", None, 0)


def test_a_card_that_ended_at_the_channel_is_known_to_be_gone(club, bank):
    subscription = members.started(club)
    bank.forgotten.add("pm_card")
    mandate = Mandate.objects.get()
    mandates.told(mandate.account_id, MandateTold("evt_1", "", mandate.handle, Said.ENDED))
    mandates.ask(*mandates.claim_due(5))
    assert members.again(subscription).mandate_id is None


@pytest.fixture
def tasting(bank, db):
    return members.membership(gateway=bank.url, trial_days=14)


def test_a_trial_begins_once_the_channel_keeps_a_card(tasting, bank):
    made = starts.trial(make.basket(tasting, plan=members.wish(tasting), method="stripe.checkout"))
    assert made.url == "https://checkout.example/cs_test_0"
    mandate = Mandate.objects.get()
    mandates.activate(mandate.pk, members.said())
    subscription = members.again(members.Subscription.objects.get())
    assert (subscription.state, subscription.recurring, standing(subscription)) == ("trialing", 0, "active")
    now = over(members.again(subscription))
    assert (now.state, now.period, bank.charged) == ("active", 2, [1000])
    assert kinds(now) == [("new", 1000)]
    assert now.period_starts == subscription.trial_ends
    assert (now.period_ends - now.period_starts).days >= 28


def test_a_buyer_has_one_trial_of_a_product(tasting):
    def begin():
        wish, contact = members.wish(tasting), "a@example.com"
        starts.trial(make.basket(tasting, plan=wish, method="stripe.checkout", contact=contact))

    begin()
    mandates.activate(Mandate.objects.get().pk, members.said())
    with pytest.raises(TrialUsed):
        begin()


def test_who_shows_no_card_has_no_trial(tasting):
    starts.trial(make.basket(tasting, plan=members.wish(tasting), method="stripe.checkout"))
    subscription = members.Subscription.objects.get()
    assert later(subscription, hours=25).end_reason == "never_paid"
