"""A merchant's subscriptions in the dashboard: the list, one with its deeds, figures, billing rules."""

import re

import pytest
from django.test import Client

from audit.models import AuditRow
from kernel import ids
from kernel.actors import BUYER, SYSTEM
from merchants.models import Member
from merchants.roles import Role
from payments.subscriptions.models import Mandate, Subscription
from payments.subscriptions.services import cancellations, policies, renewals
from payments.subscriptions.states import CancelNow
from tests.factories import payments as make
from tests.factories import subscriptions as members
from tests.factories.merchants import MemberFactory
from tests.merchants.people import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner(club: make.Shop) -> Member:
    return MemberFactory.create(merchant=club.merchant.twin_of)


@pytest.fixture
def client(owner: Member) -> Client:
    return english(owner)


def english(member: Member) -> Client:
    browser = signed_in(member.user)
    browser.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    return browser


def at(club: make.Shop, rest: str = "") -> str:
    return f"/m/{club.merchant.key}/subscriptions/{rest}"


def text(page) -> str:
    assert page.status_code == 200
    return " ".join(re.sub(r"<[^>]+>", " ", page.content.decode()).split())


def do(client: Client, club: make.Shop, subscription: Subscription, deed: str, **typed) -> str:
    """Press a button, and read the page after it."""
    address = at(club, f"{subscription.key}/do/")
    return text(client.post(address, {"do": deed, **typed}, follow=True))


def fall_due(subscription: Subscription) -> Subscription:
    left = subscription.period_ends - members.now(subscription)
    members.advance(subscription, seconds=left.total_seconds() + 60)
    for _ in range(2):
        renewals.run(50)
    return members.again(subscription)


def test_the_list_shows_who_pays_what_and_when(client, club):
    members.started(club, contact="lena@example.com")
    shown = text(client.get(at(club)))
    for word in ("l***@example.com", "Active", "$10.00", "Visa •••• 4242"):
        assert word in shown
    assert "lena@" not in shown


def test_a_view_shows_its_own_only(client, club, bank):
    late, ends = members.started(club), members.started(club)
    cancellations.at_end(ends, actor=SYSTEM)
    assert (late.key in keys(client, club, view="active"), ends.key in keys(client, club, view="active")) == (
        True,
        False,
    )
    assert keys(client, club, view="cancelling") == [ends.key]
    bank.plight = "insufficient_funds"
    fall_due(late)
    assert keys(client, club, view="past_due") == [late.key]
    assert keys(client, club, view="ended") == [ends.key]
    assert "1/4" in text(client.get(at(club), {"view": "past_due"}))


def keys(client, club, **query) -> list[str]:
    page = client.get(at(club), query).content.decode()
    return re.findall(r"/subscriptions/(sub_\w+)/\"", page)


def test_it_is_found_by_the_whole_address_of_its_buyer(client, club):
    hers = members.started(club, contact="lena@example.com")
    members.started(club, contact="paul@example.com")
    assert keys(client, club, q="Lena@example.com") == [hers.key]
    assert keys(client, club, q="lena") == []


def test_the_list_is_read_page_by_page(client, club):
    older, newer = members.started(club), members.started(club)
    assert keys(client, club, before=newer.key) == [older.key]


def test_nothing_to_show_says_what_to_do(client, owner, club):
    assert "No subscriptions yet" in text(client.get(at(club)))
    other = make.Shop(owner.merchant, club.product, club.account)
    assert "Sell a membership" in text(client.get(at(other)))
    assert "No recurring revenue yet" in text(client.get(at(club, "figures/")))


def test_one_shows_what_lies_ahead_its_invoice_and_what_was_agreed(client, club):
    subscription = members.started(club)
    shown = text(client.get(at(club, f"{subscription.key}/")))
    order, agreed = subscription.invoices.get().order, subscription.mandate.consent.text.text
    for word in ("The next period is charged", order.number, agreed[:12], "Can be charged", "until"):
        assert word in shown


def test_what_is_past_due_shows_its_tries_and_can_be_tried(client, club, bank):
    subscription = members.started(club)
    bank.plight = "insufficient_funds"
    fall_due(subscription)
    shown = text(client.get(at(club, f"{subscription.key}/")))
    assert "1 of 4 tries of the schedule are used up." in shown
    assert "Tries to charge the last renewal" in shown
    assert "The bank refused again." in do(client, club, subscription, "retry")
    bank.plight = ""
    assert "It is paid." in do(client, club, subscription, "retry")
    assert members.again(subscription).state == "active"


def test_home_says_what_is_past_due(client, club, bank):
    subscription = members.started(club)
    bank.plight = "insufficient_funds"
    home = f"/m/{club.merchant.key}/"
    assert "Subscriptions past due" not in text(client.get(home))
    fall_due(subscription)
    assert "Subscriptions past due" in text(client.get(home))


def test_pause_resume_cancel_and_undo(client, club):
    subscription = members.started(club)
    do(client, club, subscription, "pause")
    assert members.again(subscription).pause_at_end
    assert "It goes on after all." in do(client, club, subscription, "resume")
    assert not members.again(subscription).pause_at_end
    shown = do(client, club, subscription, "cancel", reason="asked by mail")
    assert "It ends with the paid period." in shown
    assert members.again(subscription).cancel_reason == "asked by mail"
    do(client, club, subscription, "undo")
    assert not members.again(subscription).cancel_at_end
    do(client, club, subscription, "cancel_now")
    assert members.again(subscription).state == "ended"
    assert "This cannot be done" in do(client, club, subscription, "pause")


def test_a_method_is_stopped_in_one_tap(client, club):
    subscription = members.started(club)
    do(client, club, subscription, "end_mandate")
    assert Mandate.objects.get(subscription=subscription).state == "ended"


def test_days_are_given_with_a_reason(client, club):
    subscription = members.started(club)
    address = at(club, f"{subscription.key}/extend/")
    assert "This field is required" in text(client.post(address, {"days": 7}))
    client.post(address, {"days": 7, "reason": "an outage"})
    assert (members.again(subscription).period_ends - subscription.period_ends).days == 7
    assert AuditRow.objects.filter(action="subscription.extended", reason="an outage").exists()


def form_of(page) -> dict[str, str]:
    """What the confirming form would send."""
    return dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page.content.decode()))


def test_a_change_is_shown_line_by_line_and_done_for_that_sum(client, club, bank):
    subscription = members.started(club)
    address, version = at(club, f"{subscription.key}/change/"), members.first_plan(club)
    page = client.get(address, {"version": version_key(version), "quantity": 2})
    assert "Unused time" in text(page)
    assert "Rest of the period" in text(page)
    sent = form_of(page) | {"when": "now"}
    client.post(address, sent)
    assert members.again(subscription).quantity == 2
    assert bank.charged == [int(sent["agreed"])]


def test_another_sum_than_was_shown_is_not_charged(client, club, bank):
    subscription = members.started(club)
    address, version = at(club, f"{subscription.key}/change/"), members.first_plan(club)
    sent = form_of(client.get(address, {"version": version_key(version), "quantity": 2}))
    page = client.post(address, sent | {"when": "now", "agreed": "1"})
    assert "The sum has changed" in text(page)
    assert (members.again(subscription).quantity, bank.charged) == (1, [])


def test_a_change_can_wait_for_the_next_period_and_be_taken_back(client, club):
    subscription = members.started(club)
    address, version = at(club, f"{subscription.key}/change/"), members.first_plan(club)
    client.post(address, {"version": version_key(version), "quantity": 3, "when": "end"})
    assert members.again(subscription).next_quantity == 3
    do(client, club, subscription, "undo_change")
    assert members.again(subscription).next_quantity is None


def test_what_costs_more_than_was_agreed_is_the_buyers_to_do(client, club, bank):
    subscription = members.started(club)
    address, version = at(club, f"{subscription.key}/change/"), members.first_plan(club)
    typed = {"version": version_key(version), "quantity": 4}
    assert "only the buyer can do this" in text(client.get(address, typed))
    for when in ("now", "end"):
        page = client.post(address, typed | {"when": when, "agreed": "3000", "at": ""})
        assert "The sum has changed" in text(page) or "only the buyer can do this" in text(page)
    assert (members.again(subscription).next_quantity, bank.charged) == (None, [])


def version_key(plan) -> str:
    return ids.encode("plv", plan.version_id)


def test_billing_rules_are_read_and_kept(client, club):
    typed = {"retry_days": "0, 3，7", "grace_days": 2, "notice_days": "", "cancel_now": "prorated"}
    client.post(at(club, "policy/"), typed)
    rules = policies.of(club.merchant.pk)
    assert (rules.retry_days, rules.grace_days, rules.own_notice_days) == ((0, 3, 7), 2, None)
    assert (rules.may_pause, rules.may_change, rules.cancel_now) == (False, False, "prorated")


@pytest.mark.parametrize("days", ["1, 2", "0, 5, 5", "0, 31", "0, x", "", "0 2"])
def test_days_that_are_no_schedule_are_refused(client, club, days):
    typed = {"retry_days": days, "grace_days": 2, "cancel_now": "no"}
    page = client.post(at(club, "policy/"), typed)
    assert "error" in page.content.decode()
    assert policies.of(club.merchant.pk) == policies.DEFAULTS


def test_the_figures_show_mrr_its_bridge_and_their_definitions(client, club):
    members.started(club)
    shown = text(client.get(at(club, "figures/")))
    for word in ("Monthly recurring revenue", "$10.00", "Committed MRR", "What moved recurring revenue?"):
        assert word in shown
    assert "Trials and those that rest count nothing." in shown


def test_who_only_looks_changes_nothing(owner, club):
    viewer = english(MemberFactory.create(merchant=owner.merchant, role=Role.VIEWER))
    subscription = members.started(club)
    page = viewer.get(at(club, f"{subscription.key}/"))
    assert "What you can do" not in text(page)
    assert viewer.post(at(club, f"{subscription.key}/do/"), {"do": "pause"}).status_code == 403


def test_who_may_not_refund_does_not_end_at_once_with_money_back(owner, club):
    rules = policies.DEFAULTS
    policies.change(
        club.merchant.pk,
        retry_days=rules.retry_days,
        grace_days=3,
        notice_days=None,
        may_pause=True,
        may_change=True,
        cancel_now=CancelNow.PRORATED,
        actor=SYSTEM,
    )
    staff = english(MemberFactory.create(merchant=owner.merchant, role=Role.STAFF))
    subscription = members.started(club)
    answer = staff.post(at(club, f"{subscription.key}/do/"), {"do": "cancel_now"})
    assert answer.status_code == 403
    assert members.again(subscription).state == "active"


def test_the_figures_show_why_buyers_leave_in_words(client, club):
    cancellations.at_end(members.started(club), actor=BUYER, reason="price")
    page = client.get(at(club, "figures/"))
    chart = next(each for each in page.context["charts"] if each.name == "reasons")
    assert chart.rows == [("Too expensive", ["1"])]
    assert "Annual recurring revenue" in text(page)


def test_the_trail_says_why_in_words(client, club, bank):
    subscription = members.started(club)
    bank.plight = "insufficient_funds"
    fall_due(subscription)
    assert "Balance too low (insufficient_funds)" in text(client.get(at(club, f"{subscription.key}/")))
