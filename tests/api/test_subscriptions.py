"""Subscriptions by API: started, changed, paused, cancelled, extended, retried."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest

from kernel.intervals import Unit
from merchants.models import PlanVersion
from merchants.scopes import Scope
from payments.subscriptions.models import Subscription
from payments.subscriptions.services import renewals
from payments.subscriptions.states import CancelNow
from tests.api.client import Api, api_of
from tests.factories import payments as make
from tests.factories import subscriptions as members
from tests.factories.coupons import CouponFactory, code_of
from tests.payments.subscriptions import card_bank

PRICES = {"USD": 1000, "CNY": 1000}
CARD = {"method": "stripe.checkout", "currency": "USD"}


@pytest.fixture
def bank(settings: Any) -> Iterator[card_bank.CardBank]:
    """The bank that every card is of."""
    with card_bank.opened() as opened:
        settings.KEYWAY_OUTGOING_ALLOW = (urlsplit(opened.url).netloc,)
        yield opened


@pytest.fixture
def shop(db: Any, bank: card_bank.CardBank) -> make.Shop:
    """A membership at 10.00 a month."""
    return members.membership(gateway=bank.url, prices=PRICES)


@pytest.fixture
def member(shop: make.Shop) -> Subscription:
    """Paid for a month, by a card that is kept."""
    return members.started(shop)


def plan_key(offer: Any) -> str:
    return str(PlanVersion.objects.select_related("plan").get(pk=offer.version_id).plan.key)


def asked(shop: make.Shop, **more: Any) -> dict[str, Any]:
    """Paid by Alipay, which keeps nothing."""
    plan = plan_key(members.first_plan(shop))
    return {"plan": plan, "email": "member@example.com", "method": "alipay.page", "currency": "CNY"} | more


def tasting(shop: make.Shop) -> str:
    """A plan with a week to try."""
    return plan_key(members.plan(shop, trial_days=7, prices=PRICES))


def yuan(amount: int) -> dict[str, Any]:
    return {"amount": amount, "currency": "CNY"}


def dollars(amount: int) -> dict[str, Any]:
    return {"amount": amount, "currency": "USD"}


def code(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def do(api: Api, member: Subscription, verb: str, body: Any = None) -> Any:
    return api.post(f"/subscriptions/{member.key}/{verb}", body or {})


def overdue(member: Subscription, bank: card_bank.CardBank) -> None:
    """Its card fails, and its period is over."""
    bank.plight = "insufficient_funds"
    left = members.again(member).period_ends - members.now(member)  # type: ignore[operator]
    members.advance(member, seconds=left.total_seconds() + 60)
    renewals.run(50)
    renewals.run(50)


def test_one_is_started_with_an_order_to_pay(api: Api, shop: make.Shop):
    answer = api.post("/subscriptions", asked(shop, buyer={"ip": "203.0.113.7"}))
    made = answer.json()
    assert (answer.status_code, made["state"], made["price"]) == (201, "incomplete", yuan(1000))
    assert made["email"] == "member@example.com"
    order = api.get(f"/orders/{made['order']}").json()
    assert (order["checkout_url"], order["action"]) == (made["checkout_url"], made["action"])
    assert order["total"] == yuan(1000)


def test_the_same_key_starts_one(api: Api, shop: make.Shop):
    first = api.post("/subscriptions", asked(shop), idem="one")
    again = api.post("/subscriptions", asked(shop), idem="one")
    assert again.content == first.content
    assert Subscription.objects.count() == 1


def test_it_needs_a_key_to_be_started(api: Api, shop: make.Shop):
    assert code(api.post("/subscriptions", asked(shop), idem="")) == (400, "idempotency.key_missing")


def test_a_trial_by_link_begins_at_once(api: Api, shop: make.Shop):
    made = api.post("/subscriptions", asked(shop, plan=tasting(shop))).json()
    assert (made["state"], made["order"], made["checkout_url"]) == ("trialing", None, None)
    assert made["next_charge"] == {"at": made["trial_ends"], "amount": yuan(1000)}


def test_a_trial_by_card_wants_the_buyers_consent(api: Api, shop: make.Shop):
    body = asked(shop, plan=tasting(shop), **CARD)
    assert code(api.post("/subscriptions", body)) == (422, "subscriptions.consent_missing")


def test_a_buyer_has_one_trial_and_may_pay_at_once(api: Api, shop: make.Shop):
    body = asked(shop, plan=tasting(shop))
    api.post("/subscriptions", body)
    assert code(api.post("/subscriptions", body)) == (409, "subscriptions.trial_used")
    assert api.post("/subscriptions", body | {"trial": False}).json()["state"] == "incomplete"


def test_a_code_takes_something_off_the_first_payment(api: Api, shop: make.Shop):
    coupon = CouponFactory.create(merchant=shop.merchant, currency="CNY", amount=300)
    made = api.post("/subscriptions", asked(shop, codes=[code_of(coupon).code])).json()
    assert api.get(f"/orders/{made['order']}").json()["total"] == yuan(700)


def test_a_trial_takes_no_codes(api: Api, shop: make.Shop):
    body = asked(shop, plan=tasting(shop), codes=["SPRING"])
    answer = api.post("/subscriptions", body)
    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["codes"])


@pytest.mark.parametrize(
    ("wrong", "refusal"),
    [
        ({"currency": "JPY"}, (409, "subscriptions.plan_unavailable")),
        ({"quantity": 11}, (400, "merchants.bad_quantity")),
        ({"expected_total": {"amount": 999, "currency": "CNY"}}, (409, "payments.price_changed")),
        ({"method": "nobody.pays"}, (409, "payments.method_unavailable")),
        ({"email": "nobody"}, (400, "invalid")),
        ({"price": 1}, (400, "invalid")),
    ],
)
def test_what_is_not_offered_is_refused(api: Api, shop: make.Shop, wrong: Any, refusal: tuple[int, str]):
    assert code(api.post("/subscriptions", asked(shop, **wrong))) == refusal
    assert not Subscription.objects.exists()


def test_another_merchants_plan_is_not_there(api: Api, shop: make.Shop, bank: card_bank.CardBank):
    theirs = plan_key(members.first_plan(members.membership(gateway=bank.url)))
    answer = api.post("/subscriptions", asked(shop, plan=theirs))
    assert (*code(answer), list(answer.json()["errors"])) == (404, "not_found", ["plan"])


def test_the_words_of_consent_are_those_that_are_kept(api: Api, shop: make.Shop):
    plan = plan_key(members.first_plan(shop))
    words = api.get("/subscription_consent", plan=plan, quantity=2, language="en").json()
    assert words["price"] == dollars(2000)
    body = asked(shop, **CARD, consents=True, quantity=2, language="en")
    api.post("/subscriptions", body)
    consent = Subscription.objects.get().mandates.get().consent
    assert consent is not None
    assert consent.text.text == words["text"]


@pytest.mark.parametrize(
    "wrong", [{"plan": "x"}, {"quantity": "0"}, {"quantity": "9999"}, {"language": "fr"}, {"x": "1"}]
)
def test_words_for_nonsense_are_refused(api: Api, shop: make.Shop, wrong: dict[str, str]):
    query = {"plan": plan_key(members.first_plan(shop))} | wrong
    assert api.get("/subscription_consent", **query).status_code == 400


def test_it_says_what_comes_next(api: Api, member: Subscription):
    shown = api.get(f"/subscriptions/{member.key}").json()
    assert (shown["state"], shown["period"], shown["order"]) == ("active", 1, None)
    assert shown["next_charge"] == {"at": shown["period_ends"], "amount": dollars(1000)}
    assert shown["manage_url"].endswith(f"/subscriptions/{member.token}/")


@pytest.mark.parametrize("narrow", ["state", "email", "plan", "product"])
def test_they_are_found_by(api: Api, shop: make.Shop, member: Subscription, narrow: str):
    other = members.plan(shop, price=500)
    members.ordered(shop, version=other, contact="other@example.com")
    shown = api.get(f"/subscriptions/{member.key}").json()
    found = api.get("/subscriptions", **{narrow: shown[narrow]}).json()["data"]
    wanted = 2 if narrow == "product" else 1
    assert (len(found), found[-1]["id"]) == (wanted, member.key)


def test_a_list_asks_no_more_for_more(
    api: Api, shop: make.Shop, member: Subscription, django_assert_max_num_queries: Any
):
    members.ordered(shop)
    with django_assert_max_num_queries(20) as two:
        api.get("/subscriptions")
    members.started(shop)
    members.ordered(shop)
    with django_assert_max_num_queries(len(two)):
        assert len(api.get("/subscriptions").json()["data"]) == 4


def test_a_preview_shows_the_lines_and_changes_nothing(api: Api, member: Subscription):
    seen = do(api, member, "change", {"quantity": 2, "preview": True}).json()
    assert [line["kind"] for line in seen["lines"]] == ["unused", "remaining"]
    assert sum(line["amount"] for line in seen["lines"]) == seen["net"]["amount"] == seen["due"]["amount"]
    assert members.again(member).quantity == 1


def test_the_times_of_lines_are_written_like_all_others(api: Api, member: Subscription):
    seen = do(api, member, "change", {"quantity": 2, "preview": True}).json()
    assert {line["starts_at"] for line in seen["lines"]} == {seen["at"]}


def test_what_was_shown_is_what_is_charged(api: Api, member: Subscription, bank: card_bank.CardBank):
    seen = do(api, member, "change", {"quantity": 2, "preview": True}).json()
    body = {"quantity": 2, "expected_due": seen["due"], "previewed_at": seen["at"]}
    shown = do(api, member, "change", body).json()
    assert (shown["quantity"], shown["order"]) == (2, None)
    assert bank.charged == [seen["due"]["amount"]]


def test_another_sum_than_was_shown_is_refused(api: Api, member: Subscription, bank: card_bank.CardBank):
    body = {"quantity": 2, "expected_due": dollars(1)}
    assert code(do(api, member, "change", body)) == (409, "subscriptions.preview_outdated")
    assert bank.charged == []


def test_fewer_cost_nothing_and_leave_a_balance(api: Api, shop: make.Shop):
    member = members.started(shop, quantity=2)
    seen = do(api, member, "change", {"quantity": 1, "preview": True}).json()
    body = {"quantity": 1, "expected_due": seen["due"], "previewed_at": seen["at"]}
    assert seen["due"] == dollars(0)
    assert do(api, member, "change", body).json()["balance"] == seen["balance"]


def test_another_plan_comes_with_the_next_period_and_is_undone(
    api: Api, shop: make.Shop, member: Subscription
):
    year = members.plan(shop, price=9000, unit=Unit.YEAR)
    asked = {"plan": plan_key(year), "when": "period_end"}
    assert do(api, member, "change", asked).json()["code"] == "subscriptions.consent_missing"
    shown = do(api, member, "change", asked | {"consents": True}).json()
    assert (shown["next_change"]["unit_price"], shown["price"]) == (dollars(9000), dollars(1000))
    assert do(api, member, "undo").json()["next_change"] is None


def test_a_refused_charge_leaves_an_order_for_the_buyer(
    api: Api, member: Subscription, bank: card_bank.CardBank
):
    bank.plight = "insufficient_funds"
    shown = do(api, member, "change", {"quantity": 2}).json()
    assert shown["quantity"] == 1
    assert api.get(f"/orders/{shown['order']}").json()["checkout_url"] == shown["checkout_url"]


@pytest.mark.parametrize(
    ("body", "field"),
    [({}, "plan"), ({"quantity": 2, "when": "period_end", "preview": True}, "preview"), ({"x": 1}, "x")],
)
def test_a_change_of_nothing_is_refused(api: Api, member: Subscription, body: Any, field: str):
    answer = do(api, member, "change", body)
    assert (answer.status_code, list(answer.json()["errors"])) == (400, [field])


def test_a_pause_waits_for_the_end_and_is_undone(api: Api, member: Subscription):
    assert do(api, member, "pause").json()["pause_at_end"] is True
    assert do(api, member, "undo").json()["pause_at_end"] is False


def test_a_paused_one_is_resumed_by_a_charge(api: Api, member: Subscription, bank: card_bank.CardBank):
    do(api, member, "pause")
    members.advance(member, days=40)
    renewals.run(50)
    assert api.get(f"/subscriptions/{member.key}").json()["state"] == "paused"
    assert do(api, member, "resume").json()["state"] == "active"
    assert bank.charged == [1000]


def test_a_pause_ends_when_it_was_said_to(api: Api, member: Subscription):
    until = (members.now(member) + timedelta(days=90)).isoformat()
    shown = do(api, member, "pause", {"resume_at": until}).json()
    assert shown["resume_at"][:19] == until[:19]


def test_a_pause_does_not_end_before_it_begins(api: Api, member: Subscription):
    refused = do(api, member, "pause", {"resume_at": members.now(member).isoformat()})
    assert (code(refused), list(refused.json()["errors"])) == ((400, "invalid"), ["resume_at"])


def test_a_preview_says_that_a_planned_change_would_not_be_made(api: Api, member: Subscription):
    do(api, member, "change", {"quantity": 2, "when": "period_end", "consents": True})
    assert do(api, member, "change", {"quantity": 3, "preview": True}).json()["drops_planned"]


def test_a_quantity_out_of_bounds_is_told_its_bounds(api: Api, member: Subscription):
    refused = do(api, member, "change", {"quantity": 11, "preview": True})
    assert (code(refused)[1], "between 1 and 10" in refused.json()["title"]) == (
        "merchants.bad_quantity",
        True,
    )


def test_a_cancellation_waits_for_the_end_and_is_undone(api: Api, member: Subscription):
    shown = do(api, member, "cancel", {"reason": "too dear"}).json()
    assert (shown["cancel_at_end"], shown["cancel_reason"], shown["next_charge"]) == (True, "too dear", None)
    assert do(api, member, "undo").json()["cancel_at_end"] is False


def test_it_is_cancelled_at_once_and_stays_so(api: Api, member: Subscription):
    for _ in range(2):
        shown = do(api, member, "cancel", {"when": "now"}).json()
        assert (shown["state"], shown["end_reason"]) == ("ended", "cancelled")


def test_money_goes_back_only_by_a_key_that_may_refund(api: Api, member: Subscription):
    api.patch("/subscription_policy", {"cancel_now": "prorated"})
    weak = api_of(member.merchant, *(scope for scope in Scope if scope != Scope.REFUNDS_WRITE))
    assert code(do(weak, member, "cancel", {"when": "now"})) == (403, "api.scope_missing")
    assert members.again(member).state == "active"


def test_there_is_nothing_to_undo(api: Api, member: Subscription):
    assert code(do(api, member, "undo")) == (409, "subscriptions.not_possible")


def test_days_are_given_once_a_key(api: Api, member: Subscription):
    for _ in range(2):
        answer = api.post(f"/subscriptions/{member.key}/extend", {"days": 10}, idem="ten")
        assert answer.status_code == 200
    before = member.period_ends
    assert before is not None
    assert members.again(member).period_ends == before + timedelta(days=10)


def test_a_try_by_hand_pays_what_is_open(api: Api, member: Subscription, bank: card_bank.CardBank):
    overdue(member, bank)
    shown = api.get(f"/subscriptions/{member.key}").json()
    assert (shown["state"], shown["next_try_at"] > shown["past_due_since"]) == ("past_due", True)
    bank.plight = ""
    shown = do(api, member, "retry").json()
    assert (shown["state"], shown["period"]) == ("active", 2)


def test_nothing_is_tried_where_nothing_is_owed(api: Api, member: Subscription):
    assert code(do(api, member, "retry")) == (409, "subscriptions.not_possible")


def test_its_invoices_come_by_pages(api: Api, member: Subscription, bank: card_bank.CardBank):
    do(api, member, "change", {"quantity": 2})
    first = api.get(f"/subscriptions/{member.key}/invoices", limit=1).json()
    rest = api.get(f"/subscriptions/{member.key}/invoices", limit=1, cursor=first["next"]).json()
    assert [row["kind"] for row in (*first["data"], *rest["data"])] == ["change", "start"]
    assert rest["next"] is None


def test_an_invoice_says_what_it_came_to(api: Api, member: Subscription):
    row = api.get("/invoices", subscription=member.key, state="paid").json()["data"][0]
    shown = api.get(f"/invoices/{row['id']}").json()
    assert (shown["kind"], shown["total"], shown["checkout_url"]) == ("start", dollars(1000), None)
    assert [(line["kind"], line["amount"]) for line in shown["lines"]] == [("period", 1000)]


def test_an_open_invoice_says_where_it_is_paid(api: Api, shop: make.Shop):
    made = api.post("/subscriptions", asked(shop)).json()
    row = api.get("/invoices", kind="start", state="open").json()["data"][0]
    assert (row["subscription"], row["checkout_url"]) == (made["id"], made["checkout_url"])


def test_a_mandate_says_what_was_agreed_and_is_ended(api: Api, member: Subscription):
    shown = api.get("/mandates", subscription=member.key, state="active").json()["data"][0]
    assert (shown["label"], shown["limit"]) == ("Visa •••• 4242", dollars(3000))
    for _ in range(2):
        ended = api.post(f"/mandates/{shown['id']}/end").json()
        assert (ended["state"], ended["ended_by"]) == ("ended", "api_key")
    assert api.get(f"/subscriptions/{member.key}").json()["mandate"] is None


def test_no_answer_holds_the_channels_own_name_of_a_card(api: Api, member: Subscription):
    shown = b"".join(api.get(path).content for path in ("/subscriptions", "/mandates", "/invoices"))
    assert members.HANDLE.split(":")[1].encode() not in shown


def test_the_rules_are_read_and_changed_in_part(api: Api, shop: make.Shop):
    before = api.get("/subscription_policy").json()
    after = api.patch("/subscription_policy", {"retry_days": [0, 1, 30], "notice_days": 10}).json()
    assert before["retry_days"] == [0, 2, 5, 9]
    assert after == before | {"retry_days": [0, 1, 30], "notice_days": 10, "notice_days_in_force": 10}
    assert CancelNow(after["cancel_now"]) is CancelNow.NO


@pytest.mark.parametrize(
    "wrong",
    [
        {"retry_days": []},
        {"retry_days": [1, 2]},
        {"retry_days": [0, 5, 5]},
        {"retry_days": [0, 31]},
        {"grace_days": -1},
        {"notice_days": 0},
        {"cancel_now": "perhaps"},
    ],
)
def test_rules_that_make_no_sense_are_refused(api: Api, shop: make.Shop, wrong: Any):
    answer = api.patch("/subscription_policy", wrong)
    assert (answer.status_code, next(iter(answer.json()["errors"])).split(".")[0]) == (400, *wrong)


def test_recurring_revenue_adds_up(api: Api, member: Subscription):
    do(api, member, "change", {"quantity": 3})
    shown = api.get("/metrics/recurring").json()
    assert shown["currencies"] == [
        {
            "currency": "USD",
            "opening": "0.000000",
            "new": "1000.000000",
            "expansion": "2000.000000",
            "contraction": "0.000000",
            "churn": "0.000000",
            "reactivation": "0.000000",
            "closing": "3000.000000",
        }
    ]
    assert (shown["churn"]["rate"], shown["trials"]["ended"]) == (None, 0)


def test_who_was_lost_is_told_as_a_share(api: Api, member: Subscription):
    members.advance(member, days=1)
    do(api, member, "cancel", {"when": "now"})
    begin = (members.now(member) - timedelta(hours=12)).isoformat()
    shown = api.get("/metrics/recurring", **{"from": begin}).json()
    assert shown["churn"] == {"began": 1, "lost": 1, "rate": "1.000000"}


@pytest.mark.parametrize(
    "wrong", [{"from": "yesterday"}, {"to": "2000-01-01"}, {"from": "8999-01-01T00:00:00Z"}, {"x": "1"}]
)
def test_times_that_are_none_are_refused(api: Api, shop: make.Shop, wrong: dict[str, str]):
    answer = api.get("/metrics/recurring", **wrong)
    assert (answer.status_code, list(answer.json()["errors"])) == (400, list(wrong))


def test_the_clock_of_the_sandbox_says_when_the_next_renewal_is(api: Api, member: Subscription):
    due = {each["kind"]: each["at"] for each in api.get("/sandbox/clock").json()["coming"]}
    shown = api.get(f"/subscriptions/{member.key}").json()
    assert due["subscription.renews"] == shown["period_ends"]
    assert due["subscription.due"] < shown["period_ends"]
