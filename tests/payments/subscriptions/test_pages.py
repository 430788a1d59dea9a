"""A buyer's pages of a membership: ordered, looked at, changed and ended, without a script."""

import re
from uuid import uuid4

import pytest
from django.test import Client

from buyers import consents
from kernel import ids
from kernel.actors import BUYER, SYSTEM
from kernel.intervals import Unit
from merchants.models import Entitlement, Plan, Product
from merchants.services import plans
from merchants.services.plans import Terms
from payments.models import Order
from payments.subscriptions.models import Mandate, Subscription
from payments.subscriptions.services import cancellations, price_changes, renewals
from tests.factories import buyers as people
from tests.factories import payments as make
from tests.factories import subscriptions as members

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser() -> Client:
    return Client(headers={"accept-language": "en"})


@pytest.fixture
def member(db) -> Subscription:
    return members.started(members.membership())


def text(answer) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", answer.content.decode()).split())


def at(subscription, page="") -> str:
    return f"/subscriptions/{subscription.token}/{page}"


def do(browser, subscription, deed, **more):
    return browser.post(at(subscription, "do/"), {"do": deed} | more)


def form(shop, **changes) -> dict[str, str]:
    version = ids.encode("plv", members.first_plan(shop).version_id)
    return {
        "plan": version,
        "currency": "USD",
        "quantity": "2",
        "email": "club@example.com",
        "method": members.CARD,
        "form_key": str(uuid4()),
        "consents": "yes",
        "words_for": "2",
    } | changes


def in_yuan():
    """With a trial, and in a currency that needs no card."""
    return members.membership(trial_days=7, prices={"USD": 1000, "CNY": 7000})


def order(browser, shop, **changes):
    address = f"/s/{shop.product.store.slug}/p/{shop.product.slug}/"
    return browser.post(address, form(shop, **changes))


def test_the_form_orders_a_plan_and_keeps_what_was_agreed(browser):
    shop = members.membership()
    answer = order(browser, shop)
    placed = Order.objects.get()
    assert (answer.status_code, answer["Location"]) == (303, f"/o/{placed.token}/")
    subscription = members.of(placed)
    assert (subscription.quantity, placed.price.amount) == (2, 2000)
    assert consents.of_subject("subscription", [subscription.pk]).count() == 1


def test_the_membership_is_named_in_the_language_of_the_reader(browser, member):
    assert member.product.name_zh in text(browser.get(at(member), headers={"accept-language": "zh-CN"}))
    assert member.product.name_en in text(browser.get(at(member), headers={"accept-language": "en"}))


def test_who_agreed_to_words_of_another_quantity_reads_them_again(browser):
    shop = members.membership()
    answer = order(browser, shop, quantity="3")
    assert (answer.status_code, Order.objects.count()) == (400, 0)
    page = answer.content.decode()
    assert 'name="words_for" value="3"' in page
    assert "$30.00" in page


def test_the_form_says_what_is_agreed_to(browser):
    shop = members.membership()
    page = text(browser.get(f"/s/{shop.product.store.slug}/p/{shop.product.slug}/"))
    assert "charges this payment method $10.00 every month" in page


def test_a_plan_that_is_not_sold_is_refused_in_place(browser):
    answer = order(browser, members.membership(), plan=ids.encode("plv", ids.new()))
    assert (answer.status_code, "Choose a plan." in text(answer)) == (400, True)


def test_a_trial_without_a_card_begins_at_once(browser):
    answer = order(browser, in_yuan(), method=members.ALIPAY, currency="CNY", trial="yes")
    begun = Subscription.objects.get()
    assert (answer["Location"], begun.state) == (at(begun), "trialing")


def test_a_second_trial_is_refused_in_words(browser):
    shop, asked = in_yuan(), {"method": members.ALIPAY, "currency": "CNY", "trial": "yes"}
    order(browser, shop, **asked)
    answer = order(browser, shop, **asked)
    assert (answer.status_code, "You have had a trial of this already." in text(answer)) == (409, True)


def test_the_page_is_kept_to_its_owner(browser, member):
    answer = browser.get(at(member))
    assert (answer["Cache-Control"], answer["X-Robots-Tag"]) == ("no-store", "noindex, nofollow")
    assert browser.get(f"/subscriptions/{'x' * len(member.token)}/").status_code == 404


def test_the_page_tells_the_key_the_card_and_the_next_charge(browser, member):
    page = text(browser.get(at(member)))
    key = Entitlement.objects.get(subscription_id=member.pk).key
    assert [word in page for word in (key, "$10.00 is charged to Visa •••• 4242", "Receipt, order")] == [
        True
    ] * 3


def test_the_order_leads_to_the_membership(browser, member):
    page = browser.get(f"/o/{Order.objects.get().token}/").content.decode()
    assert (at(member) in page, "Show the keys" in page) == (True, False)


def test_ending_says_when_first_and_is_undone_in_one_tap(browser, member):
    assert "It stays on until" in text(browser.get(at(member, "cancel/")))
    do(browser, member, "cancel", reason="price")
    again = members.again(member)
    assert (again.cancel_at_end, again.cancel_reason) == (True, "price")
    do(browser, member, "undo")
    assert not members.again(member).cancel_at_end


def test_ending_at_once_is_not_offered_where_the_merchant_does_not(browser, member):
    assert "End at once" not in text(browser.get(at(member, "cancel/")))
    assert do(browser, member, "cancel_now").status_code == 403


def test_a_pause_is_planned_and_taken_back(browser, member):
    assert "nothing is charged until you resume it" in text(browser.get(at(member, "pause/")))
    do(browser, member, "pause")
    assert members.again(member).pause_at_end
    do(browser, member, "resume")
    assert not members.again(member).pause_at_end


def test_the_saved_method_is_ended_in_one_tap(browser, member):
    do(browser, member, "end_mandate")
    assert "By pay link" in text(browser.get(at(member)))


def test_a_change_is_shown_line_by_line_and_agreed_to(browser, member):
    chosen = {"version": ids.encode("plv", member.version_id), "quantity": "1"}
    page = browser.get(at(member, "change/"), chosen | {"quantity": "3"})
    assert "Unused time" in text(page)
    hidden = dict(re.findall(r'name="(agreed|at)" value="([^"]*)"', page.content.decode()))
    assert int(hidden["agreed"]) > 0
    wrong = browser.post(
        at(member, "change/"), chosen | hidden | {"quantity": "3", "agreed": "1", "when": "now"}
    )
    assert (wrong.status_code, "The sum has changed" in text(wrong)) == (409, True)
    done = browser.post(at(member, "change/"), chosen | {"quantity": "3", "when": "end"})
    assert (done["Location"], members.again(member).next_quantity) == (at(member) + "?done=planned", 3)


def test_one_that_is_past_due_says_when_access_ends_and_where_to_pay(browser, member):
    do(browser, member, "end_mandate")
    left = members.again(member).period_ends - members.now(member)
    members.advance(member, seconds=left.total_seconds() + 60)
    renewals.run(50)
    renewals.run(50)
    page = browser.get(at(member))
    assert members.again(member).state == "past_due"
    due = Order.objects.exclude(paid_at__isnull=False).get()
    assert ("Your access ends on" in text(page), f"/o/{due.token}/" in page.content.decode()) == (True, True)


@pytest.mark.parametrize(("status", "leads"), [("live", True), ("archived", False)])
def test_who_has_left_is_led_back_to_what_is_sold_still(browser, member, status, leads):
    cancellations.now(member, actor=SYSTEM)
    Product.objects.filter(pk=member.product_id).update(status=status)
    page = browser.get(at(member))
    assert ("Subscribe again" in text(page)) is leads


def test_a_dearer_price_is_answered_by_its_own_buyer_only(browser):
    shop = members.membership()
    member, other = members.started(shop), members.started(members.membership())
    plan = Plan.objects.get(product=shop.product)
    plans.draft_version(plan, Terms(Unit.MONTH, prices={"USD": 1500}, max_quantity=10), actor=BUYER)
    plans.publish(plan, actor=BUYER)
    price_changes.offer(members.first_plan(shop).version_id, actor=BUYER)
    change = member.price_changes.get()
    assert do(browser, other, "decline", change=change.key).status_code == 404
    do(browser, member, "decline", change=change.key)
    change.refresh_from_db()
    assert change.state == "declined"


def test_the_words_of_a_change_are_those_of_the_plan_that_is_chosen(browser, member):
    year = members.plan(make.Shop(member.merchant, member.product, None), price=9000, unit=Unit.YEAR)
    page = browser.get(
        at(member, "change/"), {"version": ids.encode("plv", year.version_id), "quantity": "1"}
    )
    assert "$90.00 every year" in text(page)


def test_a_page_that_is_loaded_again_says_nothing_that_is_not_so_any_more(browser, member):
    said = "It ends with the paid period"
    do(browser, member, "cancel")
    assert said in text(browser.get(at(member), {"done": "cancel"}))
    do(browser, member, "undo")
    assert said not in text(browser.get(at(member), {"done": "cancel"}))


def test_a_page_whose_card_is_known_is_loaded_anew(browser, member):
    assert browser.post(at(member, "live/"))["HX-Refresh"] == "true"


def test_who_comes_back_from_the_card_page_need_not_say_so(browser, member):
    waits = members.keep_card(member)
    Mandate.objects.filter(pk=waits.pk).update(state="ended", ended_at=members.now(member), handle="")
    Mandate.objects.create(
        merchant=member.merchant, book=member.book, subscription=member, account_id=waits.account_id,
        method=waits.method, contact_key=waits.contact_key, buyer_key=waits.buyer_key, currency="USD",
        limit_amount=3000, page="cs_test_1", page_url="https://cards.example/1",
        created_at=members.now(member),
    )  # fmt: skip
    assert "data-poll" not in browser.get(at(member)).content.decode()
    page = browser.get(at(member), {"done": "shown"}).content.decode()
    assert [word in page for word in (f'hx-post="{at(member, "live/")}"', "https://cards.example/1")] == [
        True
    ] * 2


def test_a_method_that_its_bank_refused_for_good_is_not_offered_again(browser, member):
    Mandate.objects.update(state="suspended")
    Subscription.objects.update(state="past_due", past_due_since=members.now(member))
    page = browser.get(at(member)).content.decode()
    assert ('value="retry"' in page, at(member, "card/") in page) == (False, True)


def test_what_nobody_knows_is_not_done(browser, member):
    assert do(browser, member, "steal").status_code == 404


def test_a_consent_taken_back_ends_what_it_allowed(member):
    (given,) = consents.of_subject("subscription", [member.pk])
    assert consents.may_end(given)
    consents.take_back(given, at=members.now(member))
    assert member.mandates.get().state == "ended"


def test_a_buyer_finds_memberships_and_saved_methods_and_ends_one():
    member = members.started(members.membership(), contact="mine@example.com")
    browser = people.signed_in(people.buyer("mine@example.com"))
    assert at(member) in browser.get("/my/").content.decode()
    page = browser.get("/my/subscriptions/")
    assert (at(member) in page.content.decode(), "Visa •••• 4242" in text(page)) == (True, True)
    browser.post(f"/my/methods/{member.mandates.get().key}/end/")
    assert member.mandates.get().state == "ended"


def test_nobody_finds_or_ends_what_is_another_buyers():
    member = members.started(members.membership(), contact="mine@example.com")
    browser = people.signed_in(people.buyer("other@example.com"))
    assert at(member) not in browser.get("/my/subscriptions/").content.decode()
    assert browser.post(f"/my/methods/{member.mandates.get().key}/end/").status_code == 404
    assert member.mandates.get().state == "active"
