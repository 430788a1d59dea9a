"""Stripe's API as a merchant sees it who has only its documentation and the official library."""

import json
import threading
from datetime import timedelta

import pytest
import stripe
from django.db import connection

from kernel import clock
from payments.sandbox.models import Fault, StripeAccount, StripeDelivery, StripeSession
from payments.sandbox.stripe import deeds, plays, till
from payments.sandbox.stripe.cards import CARDS, Typed
from payments.sandbox.stripe.states import Deed, DisputeStatus
from tests.payments.sandbox.till import Till, perform

GOOD = "4242424242424242"


@pytest.fixture
def shop(inside) -> Till:
    return Till(inside)


def test_a_session_is_opened_with_the_buyers_page(shop):
    made = shop.session(2900, reference="pay_1")
    assert (made.status, made.payment_status, made.amount_total) == ("open", "unpaid", 2900)
    assert (made.client_reference_id, made.payment_intent) == ("pay_1", None)
    assert f"/stripe/pay/{made.id}/" in made.url


def test_a_session_ends_between_half_an_hour_and_a_day_from_now(shop):
    for minutes in (20, 25 * 60):
        with pytest.raises(stripe.InvalidRequestError) as refusal:
            shop.session(expires_at=int((clock.now() + timedelta(minutes=minutes)).timestamp()))
        assert refusal.value.param == "expires_at"


def test_too_little_is_refused_in_the_currencys_own_measure(shop):
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        shop.session(49)
    assert refusal.value.code == "amount_too_small"
    assert shop.session(50, currency="jpy").amount_total == 50


def test_a_wrong_key_learns_nothing(shop):
    made = shop.session()
    stranger = Till(shop.line)
    with pytest.raises(stripe.AuthenticationError):
        shop.client("sk_test_wrong").v1.checkout.sessions.retrieve(made.id)
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        stranger.api.v1.checkout.sessions.retrieve(made.id)
    assert refusal.value.code == "resource_missing"


def test_a_good_card_pays_at_once(shop):
    made = shop.session(2900)
    shop.pay(made, GOOD)
    paid = shop.found(made, expand=["payment_intent.latest_charge"])
    assert (paid.status, paid.payment_status) == ("complete", "paid")
    assert (paid.payment_intent.amount_received, paid.payment_intent.latest_charge.paid) == (2900, True)
    assert paid.payment_intent.metadata["ours"] == "pay_1"


@pytest.mark.parametrize(
    "number", [number for number, card in CARDS.items() if card.code and not card.challenged]
)
def test_a_card_that_is_declined_leaves_the_session_open_for_another(shop, number):
    made, card = shop.session(), CARDS[number]
    shop.pay(made, number)
    error = shop.found(made, expand=["payment_intent"]).payment_intent.last_payment_error
    assert (error.code, getattr(error, "decline_code", "")) == (card.code, card.decline)
    shop.pay(made, GOOD)
    assert shop.found(made).payment_status == "paid"


@pytest.mark.parametrize(("approved", "status"), [(True, "paid"), (False, "unpaid")])
def test_3d_secure_asks_before_anything_is_paid(shop, approved, status):
    made = shop.session()
    shop.pay(made, "4000000000003220")
    assert shop.found(made, expand=["payment_intent"]).payment_intent.status == "requires_action"
    till.prove(made.id, approved=approved)
    assert shop.found(made).payment_status == status


def test_a_card_may_be_declined_after_3d_secure(shop):
    made = shop.session()
    shop.pay(made, "4000008400001629")
    till.prove(made.id, approved=True)
    intent = shop.found(made, expand=["payment_intent"]).payment_intent
    assert (intent.status, intent.last_payment_error.code) == ("requires_payment_method", "card_declined")


def test_a_debit_is_complete_before_it_is_paid(shop):
    made = shop.session()
    till.end(made.id, till.Ending.DEBIT_SETTLES)
    waiting = shop.found(made)
    assert (waiting.status, waiting.payment_status) == ("complete", "unpaid")
    perform()
    assert shop.found(made).payment_status == "paid"


def test_only_an_open_session_can_be_expired(shop):
    made = shop.session()
    assert shop.api.v1.checkout.sessions.expire(made.id).status == "expired"
    shop.pay(made, GOOD)
    assert shop.found(made).payment_status == "unpaid"
    with pytest.raises(stripe.InvalidRequestError):
        shop.api.v1.checkout.sessions.expire(made.id)


def test_a_session_expires_by_itself(shop):
    made = shop.session()
    StripeSession.objects.update(expires_at=clock.now())
    perform()
    assert StripeSession.objects.get().status == "expired"
    assert shop.types()[-1] == "checkout.session.expired"
    assert shop.found(made).url is None


# idempotency keys


def test_a_repeat_under_one_key_gets_the_first_answer(shop):
    first = shop.session(key="k1")
    again = shop.session(key="k1")
    assert (again.id, again.last_response.headers.get("Idempotent-Replayed")) == (first.id, "true")
    assert StripeSession.objects.count() == 1


def test_one_key_for_two_contents_is_refused(shop):
    shop.session(key="k1")
    with pytest.raises(stripe.IdempotencyError):
        shop.session(3000, key="k1")
    assert StripeSession.objects.count() == 1


def test_two_accounts_may_use_one_key(shop):
    assert shop.session(key="k1").id != Till(shop.line).session(key="k1").id


def test_a_key_whose_call_is_under_way_conflicts(shop):
    account = StripeAccount.objects.get().pk
    other = connection.copy()
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(hashtextextended(%s, 0))", [f"{account} k1"])
        with pytest.raises(stripe.StripeError) as refusal:
            shop.session(key="k1")
    other.close()
    assert (refusal.value.http_status, refusal.value.error.code) == (409, "idempotency_key_in_use")


def test_a_refusal_of_the_work_is_kept_and_one_of_the_parameters_is_not(shop):
    with pytest.raises(stripe.InvalidRequestError):
        shop.session(1, key="k1")
    assert shop.session(2900, key="k1").id
    paid = shop.paid()
    shop.refund(paid, key="r0")
    for _ in range(2):
        with pytest.raises(stripe.InvalidRequestError) as refusal:
            shop.refund(paid, key="r1")
        assert refusal.value.code == "charge_already_refunded"
    assert refusal.value.headers["Idempotent-Replayed"] == "true"


def test_eight_threads_under_one_key_open_one_session(wire):
    shop, start, ids = Till(wire), threading.Barrier(8), []

    def ask() -> None:
        start.wait(10)
        try:
            ids.append(shop.session(key="k1").id)
        except stripe.StripeError as error:
            ids.append(error.http_status)

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len({each for each in ids if isinstance(each, str)}) == 1
    assert {each for each in ids if isinstance(each, int)} <= {409}
    assert StripeSession.objects.count() == 1


def test_an_answer_that_got_lost_is_given_again_under_its_key(shop):
    Fault.objects.create(method="POST refunds", kind="error_500")
    paid = shop.paid()
    with pytest.raises(stripe.APIError):
        shop.refund(paid, key="r1")
    assert shop.refund(paid, key="r1").status == "succeeded"
    assert shop.charge(paid).amount_refunded == 2900


# refunds


def test_refunds_never_exceed_what_was_paid(shop):
    paid = shop.paid(2900)
    shop.refund(paid, amount=2000)
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        shop.refund(paid, amount=901)
    assert refusal.value.param == "amount"
    assert shop.refund(paid, amount=900).status == "succeeded"
    assert shop.charge(paid).refunded


def test_refunds_are_listed_newest_first_page_by_page(shop):
    paid = shop.paid(2900)
    made = [shop.refund(paid, amount=100, metadata={"ours": str(n)}).id for n in range(3)]
    intent = shop.found(paid).payment_intent
    page = shop.api.v1.refunds.list({"payment_intent": intent, "limit": 2})
    assert ([each.id for each in page], page.has_more) == ([made[2], made[1]], True)
    rest = shop.api.v1.refunds.list({"payment_intent": intent, "limit": 2, "starting_after": made[1]})
    assert ([each.id for each in rest], rest.has_more) == ([made[0]], False)


def test_a_refund_may_fail_after_it_had_succeeded(shop):
    paid = shop.paid(2900, card="4000000000005126")
    made = shop.refund(paid)
    assert made.status == "succeeded"
    perform()
    failed = shop.api.v1.refunds.retrieve(made.id)
    assert (failed.status, failed.failure_reason) == ("failed", "expired_or_canceled_card")
    assert shop.charge(paid).amount_refunded == 0
    back = shop.api.v1.balance_transactions.retrieve(failed.failure_balance_transaction)
    assert (back.type, back.amount) == ("refund_failure", 2900)
    assert "refund.failed" in shop.types()


def test_a_refund_may_take_a_while(shop):
    made = shop.refund(shop.paid(2900, card="4000000000007726"))
    assert made.status == "pending"
    perform()
    assert shop.api.v1.refunds.retrieve(made.id).status == "succeeded"


# disputes


@pytest.mark.parametrize(
    ("deed", "status", "balance"), [(Deed.WIN, "won", -1500), (Deed.LOSE, "lost", -4400)]
)
def test_a_dispute_takes_the_money_until_it_is_decided(shop, deed, status, balance):
    paid = shop.paid(2900, card="4000000000000259")
    perform()
    shop.do(paid, deed)
    found = shop.dispute(paid)
    assert (found.status, sum(each.net for each in found.balance_transactions)) == (status, balance)
    assert "charge.dispute.closed" in shop.types()
    first = found.balance_transactions[0]
    assert shop.api.v1.balance_transactions.retrieve(first.id).fee == 1500


def test_a_disputed_charge_cannot_be_refunded(shop):
    paid = shop.paid(card="4000000000000259")
    perform()
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        shop.refund(paid)
    assert refusal.value.code == "charge_disputed"


def test_an_inquiry_moves_no_money(shop):
    paid = shop.paid(card="4000000000001976")
    perform()
    found = shop.dispute(paid)
    assert (found.status, found.balance_transactions) == (DisputeStatus.WARNING, [])
    assert shop.refund(paid).status == "succeeded"


# events


def test_events_are_kept_and_found(shop):
    shop.paid()
    found = shop.api.v1.events.list({"type": "checkout.session.completed"})
    assert [each.type for each in found] == ["checkout.session.completed"]
    assert shop.api.v1.events.retrieve(found.data[0].id).data.object.payment_status == "paid"


def test_the_cents_decide_for_accounts_that_are_flagged(inside):
    shop = Till(inside, magic=True)
    made = shop.session(2916)
    perform()
    assert (shop.found(made).payment_status, shop.dispute(made).status) == ("paid", "needs_response")
    plain = Till(inside)
    waits = plain.session(2900)
    perform()
    assert plain.found(waits).payment_status == "unpaid"


@pytest.mark.parametrize(
    ("amount", "decline"),
    [(2901, "insufficient_funds"), (2902, "generic_decline"), (2903, "fraudulent")],
)
def test_some_cents_are_declined_and_leave_the_page_open(inside, amount, decline):
    shop = Till(inside, magic=True)
    made = shop.session(amount)
    perform(timedelta(seconds=5))
    assert StripeSession.objects.get().error["decline_code"] == decline
    assert (shop.found(made).status, shop.found(made).payment_status) == ("open", "unpaid")


def test_a_buyer_who_went_away_leaves_the_page_open(inside):
    shop = Till(inside, magic=True)
    for amount in (2904, 2905):
        shop.session(amount)
    perform(timedelta(seconds=5))
    assert set(StripeSession.objects.values_list("status", "tries")) == {("open", 0)}


def test_seven_cents_are_a_debit_that_pays_when_the_time_is_up(inside):
    shop = Till(inside, magic=True)
    made = shop.session(2907)
    perform(timedelta(seconds=5))
    assert (shop.found(made).status, shop.found(made).payment_status) == ("complete", "unpaid")
    left = StripeSession.objects.get().expires_at - clock.now()
    perform(left)
    assert shop.found(made).payment_status == "unpaid"
    perform(left + timedelta(seconds=10))
    assert shop.found(made).payment_status == "paid"


def test_eight_cents_are_told_twice_and_the_last_event_first(inside):
    Till(inside, magic=True, webhook_url="http://127.0.0.1:9/").session(2908)
    assert deeds.next_due(clock.now() + timedelta(seconds=5))
    told = StripeDelivery.objects.order_by("due_at").values_list("event__type", flat=True)
    assert [*told][:2] == ["checkout.session.completed"] * 2
    assert len(told) == 6


def test_nine_cents_are_paid_and_nobody_is_told(inside):
    shop = Till(inside, magic=True, webhook_url="http://127.0.0.1:9/")
    made = shop.session(2909)
    perform(timedelta(seconds=5))
    assert (shop.found(made).payment_status, StripeDelivery.objects.count()) == ("paid", 0)


def test_ten_cents_are_another_amount(inside):
    shop = Till(inside, magic=True)
    made = shop.session(2910)
    perform(timedelta(seconds=5))
    assert shop.found(made).amount_total == 2911


def test_a_deed_is_done_once_and_in_its_time(shop):
    made = shop.session()
    plays.plan(StripeSession.objects.get(), Deed.PAY, after=timedelta(minutes=5))
    perform(timedelta(minutes=1))
    assert shop.found(made).payment_status == "unpaid"
    perform(timedelta(minutes=6))
    assert shop.found(made).payment_status == "paid"


def test_what_the_api_does_not_know_is_not_found(shop):
    reply = shop.line.fetch(f"{shop.line.url}/stripe/v1/customers")
    assert (reply.status, json.loads(reply.body)["error"]["type"]) == (401, "invalid_request_error")
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        shop.api.v1.customers.create({})
    assert refusal.value.http_status == 404


@pytest.mark.parametrize(
    ("typed", "fault"),
    [
        (Typed("4242 4242 4242 4242", "12/34", "123"), ""),
        (Typed("4242 4242 4242 4241", "12/34", "123"), "number"),
        (Typed("4242", "12/34", "123"), "number"),
        (Typed(GOOD, "13/34", "123"), "expiry"),
        (Typed(GOOD, "01/20", "123"), "past"),
        (Typed(GOOD, "12/34", "12"), "cvc"),
    ],
)
def test_what_is_typed_is_looked_at_before_any_bank_is_asked(typed, fault):
    assert typed.fault(clock.now()) == fault
