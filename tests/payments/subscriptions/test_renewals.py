"""Renewals: a period is charged once and granted once."""

from datetime import timedelta

import pytest

from kernel.actors import BUYER
from ledger import auditor
from merchants.models import EntitlementGrant
from merchants.services import entitlement_checks
from outbox.models import Event
from payments.invariants import INVARIANTS as OF_THE_SALE
from payments.models import Order
from payments.services import expiry
from payments.subscriptions import queries
from payments.subscriptions.models import Invoice, Mandate, Subscription
from payments.subscriptions.services import cancellations, invoicing, renewals, tries
from tests.factories import cards
from tests.factories import payments as make
from tests.factories import subscriptions as members

pytestmark = pytest.mark.django_db


def later(subscription, **time):
    """Let time go by and beat fire, twice."""
    members.advance(subscription, **time)
    renewals.run(50)
    renewals.run(50)
    return members.again(subscription)


def to_end(subscription):
    """To a minute after the period is over, with the notice told on the way."""
    now = later(subscription, days=26)
    return later(subscription, seconds=(now.period_ends - members.now(now)).total_seconds() + 60)


def standing(subscription):
    """What the seller's software would be told."""
    return entitlement_checks.by_key(subscription.merchant_id, members.key(subscription)).state


def topics(subscription):
    rows = Event.objects.filter(subject_kind="subscription", subject_id=subscription.pk).order_by("id")
    return [each.removeprefix("subscription.") for each in rows.values_list("topic", flat=True)]


def test_a_period_is_renewed_by_the_kept_card(club, bank):
    subscription = members.started(club)
    now = to_end(subscription)
    assert (now.state, now.period, bank.charged) == ("active", 2, [1000])
    assert now.period_starts == subscription.period_ends
    assert EntitlementGrant.objects.count() == Invoice.objects.filter(state="paid").count() == 2
    assert standing(now) == "active"
    assert [each.code for each in OF_THE_SALE if not auditor.check(each).holds] == []
    assert topics(now).count("renewal_upcoming") == 1
    assert topics(now)[-4:] == ["renewal_upcoming", "invoice.created", "invoice.paid", "renewed"]


def test_a_jump_of_a_year_is_one_renewal_from_now_on(club, bank):
    subscription = members.started(club)
    now = later(subscription, days=366)
    assert (now.period, bank.charged) == (2, [1000])
    assert now.period_starts > subscription.period_ends


def test_a_refused_card_is_tried_by_the_schedule_and_then_it_ends(club, bank):
    subscription = members.started(club)
    bank.plight = "insufficient_funds"
    now = to_end(subscription)
    assert (now.state, now.tries, standing(now)) == ("past_due", 1, "grace")
    assert later(subscription, days=1).tries == 1
    assert later(subscription, days=1).tries == 2
    now = later(subscription, days=3)
    assert (now.tries, standing(now)) == (3, "off")
    now = later(subscription, days=4)
    assert (now.state, now.end_reason, bank.calls) == ("ended", "unpaid", 4)
    assert not Order.objects.filter(payment_state="pending").exists()
    assert not Mandate.objects.exclude(state="ended").exists()


def test_what_is_paid_within_the_grace_counts_from_when_it_was_due(club, bank):
    subscription = members.started(club)
    bank.plight = "insufficient_funds"
    to_end(subscription)
    bank.plight = ""
    now = later(subscription, days=2)
    assert (now.state, now.tries, now.period_starts) == ("active", 0, subscription.period_ends)
    assert "recovered" in topics(now)


def test_what_is_paid_after_the_grace_counts_from_the_payment(club, bank):
    subscription = members.started(club)
    bank.plight = "insufficient_funds"
    to_end(subscription)
    later(subscription, days=2)
    bank.plight = ""
    now = later(subscription, days=3)
    assert now.state == "active"
    assert now.period_starts > subscription.period_ends
    assert standing(now) == "active"


def test_a_hard_decline_is_not_tried_again(club, bank):
    subscription = members.started(club)
    bank.plight = "lost_card"
    to_end(subscription)
    now = later(subscription, days=2)
    assert (now.state, now.tries, now.hard, bank.calls) == ("past_due", 2, True, 1)
    assert Mandate.objects.get().state == "suspended"
    assert later(subscription, days=8).state == "ended"


def test_a_bank_that_wants_to_see_the_buyer_is_not_asked_again_without_them(club, bank):
    subscription = members.started(club)
    bank.plight = "authentication_required"
    to_end(subscription)
    now = later(subscription, days=2)
    assert (now.tries, now.needs_buyer, bank.calls) == (2, True, 1)
    assert Mandate.objects.get().state == "active"


def test_a_try_by_hand_does_not_move_the_schedule(club, bank):
    subscription = members.started(club)
    bank.plight = "insufficient_funds"
    before = to_end(subscription)
    tries.by_hand(before, actor=members.SYSTEM)
    now = members.again(subscription)
    assert (now.tries, now.due_at, bank.calls) == (before.tries, before.due_at, 2)


def test_a_charge_that_was_never_answered_is_asked_about_and_not_repeated(club, bank):
    subscription = members.started(club)
    bank.silent = True
    now = to_end(subscription)
    assert (now.state, bank.charged) == ("active", [1000])
    now = later(subscription, days=2)
    assert (now.state, bank.charged) == ("active", [1000])
    bank.silent = False
    now = later(subscription, minutes=15)
    assert (now.state, now.period, bank.charged) == ("active", 2, [1000])


def test_who_pays_by_link_gets_the_order_with_the_notice(club, bank):
    subscription = members.started(club, keeps=False)
    members.advance(subscription, days=26)
    renewals.run(10)
    order = Order.objects.get(payment_state="pending")
    cards.tell(club, cards.completed(make.payment_of(members.opened(order))))
    now = members.again(subscription)
    assert (now.period, now.period_starts) == (2, subscription.period_ends)
    assert bank.calls == 0


def test_one_that_cannot_be_taken_up_keeps_no_other_waiting(club, bank):
    spoils, waits = members.started(club), members.started(club)
    # Money that no channel can be asked for: an order of it cannot be written.
    members.Subscription.objects.filter(pk=spoils.pk).update(unit_price=2**62, quantity=1_000)
    now = later(waits, days=33)
    assert (now.period, bank.charged) == (2, [1000])
    assert members.again(spoils).due_at > members.now(spoils)


def test_the_page_of_a_link_names_the_end_of_the_schedule(club, bank):
    now = to_end(members.started(club, keeps=False))
    left = Order.objects.latest("id").expires_at - (now.past_due_since + timedelta(days=9))
    assert timedelta() < left < timedelta(hours=1)


def test_who_does_not_pay_the_link_is_past_due_and_ends_with_the_schedule(club, bank):
    subscription = members.started(club, keeps=False)
    now = to_end(subscription)
    assert (now.state, standing(now)) == ("past_due", "grace")
    assert later(subscription, days=4).state == "past_due"
    now = later(subscription, days=6)
    assert (now.state, now.end_reason, standing(now)) == ("ended", "unpaid", "off")
    assert Order.objects.latest("id").payment_state == "cancelled"


def test_a_card_that_was_refused_for_good_is_not_asked_for_the_next_order_either(club, bank):
    subscription = members.started(club)
    bank.silent, bank.plight = True, "lost_card"
    to_end(subscription)
    bank.silent = False
    # The answer comes with the order's end, and no worker has gone on with it.
    expiry.cancel(Order.objects.select_related("merchant").latest("id"), actor=members.SYSTEM)
    now = later(subscription, days=1)
    assert (Mandate.objects.get().state, bank.calls, now.state) == ("suspended", 1, "past_due")


def test_a_bank_that_wants_to_see_the_buyer_is_not_asked_by_another_order(club, bank):
    subscription = members.started(club)
    bank.plight = "authentication_required"
    to_end(subscription)
    expiry.cancel(Order.objects.select_related("merchant").latest("id"), actor=members.SYSTEM)
    now = later(subscription, days=2)
    assert (now.state, now.needs_buyer, bank.calls) == ("past_due", True, 1)


def test_who_leaves_within_the_grace_is_off_at_once(club, bank):
    subscription = members.started(club)
    bank.plight = "insufficient_funds"
    assert standing(to_end(subscription)) == "grace"
    cancellations.at_end(subscription, actor=BUYER)
    assert standing(members.again(subscription)) == "off"


def test_a_link_is_not_sent_for_what_the_balance_pays(club, bank):
    subscription = members.started(club, keeps=False)
    Subscription.objects.filter(pk=subscription.pk).update(balance=1000)
    now = later(subscription, days=26)
    assert (now.noticed, Order.objects.count()) == (2, 1)
    assert (later(subscription, days=6).period, Order.objects.count()) == (2, 1)


def test_more_than_was_agreed_to_is_asked_for_with_the_notice_and_not_charged(club, bank):
    subscription = members.started(club)
    Mandate.objects.update(limit_amount=900)
    later(subscription, days=26)
    assert (Order.objects.latest("id").total, Order.objects.count(), bank.calls) == (1000, 2, 0)
    assert later(subscription, days=6).state == "past_due"
    assert bank.calls == 0


def test_what_no_channel_takes_in_the_currency_is_neither_shown_nor_asked_for(club):
    # The shop has Alipay too, which takes yuan from the first fen and no dollar at all.
    subscription = members.started(club)
    subscription.balance = 970
    assert invoicing.coming(subscription) == 0
    assert queries.next_sum(subscription).amount == 0
