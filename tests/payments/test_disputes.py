"""Disputes as a channel tells them: each movement of money once, in whatever order the news come."""

import itertools

import pytest
from django.core import mail
from django.db import DatabaseError, transaction
from django.utils.timezone import localtime

from kernel.actors import SYSTEM
from ledger import balances
from ledger.legs import AccountKey
from ledger.purposes import OwnerKind, Purpose
from merchants.states import Carrier, SettlementMode
from outbox import relay, subscribers
from outbox.models import Event
from outbox.services import cursors, deliveries
from payments.errors import Disputed
from payments.models import Alert, Dispute, Notice
from payments.services import refunds
from payments.states import DisputeState, Funds
from tests.api.client import api_of
from tests.factories import cards, webhooks
from tests.factories.coupons import CouponFactory, code_of
from tests.factories.merchants import MemberFactory, MerchantFactory
from tests.merchants.people import signed_in
from web.vocabulary import word

pytestmark = pytest.mark.django_db
FEE = 1500


@pytest.fixture
def till(db):
    return cards.shop()


@pytest.fixture
def payment(till):
    return cards.paid(till)


def held_by(payment, owner, owner_id, purpose):
    at = balances.of(AccountKey(owner, owner_id, purpose, payment.currency, payment.book))
    return (at.available + at.pending).amount


def worth(payment):
    """What the merchant has, what is held, and what the channel owes."""
    return (
        held_by(payment, OwnerKind.MERCHANT, payment.merchant_id, Purpose.MERCHANT),
        held_by(payment, OwnerKind.MERCHANT, payment.merchant_id, Purpose.DISPUTE_HOLD),
        held_by(payment, OwnerKind.CHANNEL_ACCOUNT, payment.account_id, Purpose.CHANNEL_RECEIVABLE),
    )


def moved(payment, before):
    return tuple(now - then for now, then in zip(worth(payment), before, strict=True))


def say(till, payment, status, moves=""):
    assert cards.tell(till, cards.dispute_event(payment, status, moved=moves)).status == 200
    return Dispute.objects.get()


def topics():
    return [each.topic for each in Event.objects.filter(subject_kind="dispute").order_by("id")]


def test_a_dispute_holds_the_merchants_money_and_charges_for_it(till, payment, offences):
    before = worth(payment)
    dispute = say(till, payment, "needs_response", "-")
    assert (dispute.state, dispute.funds, dispute.fee) == (DisputeState.NEEDS_RESPONSE, Funds.HELD, FEE)
    assert moved(payment, before) == (-2900 - FEE, 2900, -FEE)
    assert (dispute.reason, dispute.payment_id, dispute.evidence_due_by is not None) == (
        "fraudulent",
        payment.pk,
        True,
    )
    assert topics() == ["dispute.created", "dispute.funds_withdrawn"]
    assert Alert.objects.get().code == "dispute.opened"
    assert offences() == []


def test_what_is_won_comes_back_without_the_fee(till, payment, offences):
    before = worth(payment)
    say(till, payment, "needs_response", "-")
    dispute = say(till, payment, "won", "-+")
    assert (dispute.state, dispute.funds) == (DisputeState.WON, Funds.RETURNED)
    assert moved(payment, before) == (-FEE, 0, -FEE)
    assert topics()[2:] == ["dispute.closed", "dispute.funds_reinstated"]
    assert offences() == []


def test_what_is_lost_is_what_the_channel_owes_less(till, payment, offences):
    before = worth(payment)
    say(till, payment, "needs_response", "-")
    dispute = say(till, payment, "lost", "-")
    assert (dispute.state, dispute.funds) == (DisputeState.LOST, Funds.GONE)
    assert moved(payment, before) == (-2900 - FEE, 0, -2900 - FEE)
    assert offences() == []


def test_what_was_lost_may_come_back_after_all(till, payment, offences):
    before = worth(payment)
    for status, moves in (("needs_response", "-"), ("lost", "-"), ("won", "-+")):
        dispute = say(till, payment, status, moves)
    assert (dispute.state, dispute.funds) == (DisputeState.WON, Funds.RECOVERED)
    assert moved(payment, before) == (-FEE, 0, -FEE)
    assert offences() == []


NEWS = (("needs_response", ""), ("needs_response", "-"), ("under_review", "-"), ("won", "-+"))


@pytest.mark.parametrize("order", list(itertools.permutations(NEWS))[::5])
def test_news_in_any_order_end_in_the_same_place(till, payment, offences, order):
    before = worth(payment)
    for status, moves in order:
        dispute = say(till, payment, status, moves)
    assert (dispute.state, dispute.funds, dispute.fee) == (DisputeState.WON, Funds.RETURNED, FEE)
    assert moved(payment, before) == (-FEE, 0, -FEE)
    assert offences() == []


def test_the_same_event_again_changes_nothing(till, payment, offences):
    event = cards.dispute_event(payment, moved="-")
    for _ in range(3):
        assert cards.tell(till, event, key="evt_dispute01").status == 200
    assert (len(topics()), Notice.objects.filter(reason="dispute.needs_response").count()) == (2, 1)
    assert offences() == []


def test_an_inquiry_moves_no_money(till, payment, offences):
    before = worth(payment)
    say(till, payment, "warning_needs_response")
    dispute = say(till, payment, "warning_closed")
    assert (dispute.state, dispute.funds, worth(payment)) == (DisputeState.CLOSED, Funds.UNTOUCHED, before)
    assert offences() == []


@pytest.mark.parametrize(("status", "moves"), [("needs_response", "-"), ("lost", "-")])
def test_what_a_dispute_has_taken_cannot_be_refunded_as_well(till, payment, status, moves):
    say(till, payment, status, moves)
    with pytest.raises(Disputed):
        refunds.book(payment=payment, amount=payment.refundable, reason="x", actor=SYSTEM)


def test_the_platform_bears_the_fee_where_it_bears_the_channels(offences):
    till = cards.shop(merchant_bears_channel=False)
    payment = cards.paid(till)
    before = worth(payment)
    say(till, payment, "needs_response", "-")
    assert moved(payment, before) == (-2900, 2900, -FEE)
    assert offences() == []


def test_a_fee_in_the_accounts_own_currency_is_posted_in_that(till, payment, offences):
    event = cards.dispute_event(payment, moved="-")
    event["data"]["object"]["balance_transactions"][0] |= {"currency": "hkd", "amount": -22_700, "fee": 8500}
    cards.tell(till, event)
    dispute = Dispute.objects.get()
    assert (dispute.charged.amount, dispute.charged.currency, dispute.funds) == (8500, "HKD", Funds.HELD)
    assert offences() == []


def test_more_than_was_paid_cannot_be_disputed(till, payment):
    assert cards.tell(till, cards.dispute_event(payment, amount=2901)).status == 400
    assert not Dispute.objects.exists()


def test_another_accounts_payment_cannot_be_disputed_here(payment):
    other = cards.shop()
    assert cards.tell(other, cards.dispute_event(payment)).status == 200
    assert not Dispute.objects.exists()


@pytest.mark.parametrize(
    "change", [{"funds": "gone"}, {"state": "inquiry"}, {"amount": 1}, {"movements": -1}]
)
def test_the_database_refuses_what_a_dispute_never_does(till, payment, change):
    say(till, payment, "won")
    with pytest.raises(DatabaseError), transaction.atomic():
        Dispute.objects.update(**change)


def test_a_dispute_is_never_deleted(till, payment):
    dispute = say(till, payment, "won")
    with pytest.raises(DatabaseError), transaction.atomic():
        Dispute.objects.filter(pk=dispute.pk)._raw_delete("default")


def page_of(till, payment):
    client = signed_in(MemberFactory.create(merchant=till.merchant, role="owner").user)
    return client.get(f"/m/{till.merchant.key}/orders/{payment.order.key}/?lang=en").content.decode()


@pytest.mark.parametrize(
    "said",
    [
        "Needs an answer",
        "Disputed</span>",
        "is disputed: the bank wants an answer",
        "Written down",
    ],
)
def test_a_merchant_reads_of_it_on_the_order(till, payment, said):
    say(till, payment, "needs_response", "-")
    assert said in page_of(till, payment)


def desk(till, path, role="support"):
    client = signed_in(MemberFactory.create(merchant=till.merchant, role=role).user)
    return client.get(f"/m/{till.merchant.key}/{path}{'&' if '?' in path else '?'}lang=en").content.decode()


def test_the_list_of_orders_says_which_are_disputed(till, payment):
    other = cards.paid(till)
    assert "Disputed</span>" not in desk(till, "orders/")
    say(till, payment, "needs_response", "-")
    assert "Disputed</span>" in desk(till, "orders/")
    listed = desk(till, "orders/?view=disputed")
    assert payment.order.number in listed and other.order.number not in listed


def test_the_first_page_asks_for_an_answer_until_it_is_given(till, payment):
    say(till, payment, "needs_response", "-")
    assert "Banks that want an answer" in desk(till, "")
    say(till, payment, "under_review", "-")
    assert "Banks that want an answer" not in desk(till, "")


def test_who_may_refund_is_written_to_once_with_the_day_of_the_answer(till, payment):
    cursors.begin(["dispute_letters"])
    people = {
        role: MemberFactory.create(merchant=till.merchant, role=role).user.email
        for role in ("owner", "support", "developer")
    }
    for status in ("needs_response", "under_review"):
        say(till, payment, status, "-")
    relay.number()
    deliveries.deliver(subscribers.named("dispute_letters"))
    assert [letter.to for letter in mail.outbox] == [[people["owner"]], [people["support"]]]
    assert payment.order.number in mail.outbox[0].subject
    assert f"{localtime(Dispute.objects.get().evidence_due_by):%Y-%m-%d}" in mail.outbox[0].body


def test_no_refund_is_offered_while_the_bank_has_the_money(till, payment):
    say(till, payment, "needs_response", "-")
    page = page_of(till, payment)
    assert "No refund while the buyer" in page
    assert 'name="amount"' not in page


def test_a_refund_is_offered_again_once_it_is_won(till, payment):
    say(till, payment, "won", "-+")
    assert 'name="amount"' in page_of(till, payment)


def test_the_webhooks_of_an_order_hold_those_about_its_dispute(till, payment, settings):
    settings.KEYWAY_OUTGOING_ALLOW = ("127.0.0.1:9",)
    webhooks.endpoint("http://127.0.0.1:9/hook", ["dispute.*"], merchant_id=till.merchant.pk)
    cursors.begin(["webhooks"])
    say(till, payment, "needs_response", "-")
    relay.number()
    deliveries.deliver(subscribers.named("webhooks"))
    assert "<code>dispute.created</code>" in page_of(till, payment)


def test_the_api_says_that_an_order_is_disputed(till, payment):
    api = api_of(till.merchant)
    say(till, payment, "needs_response", "-")
    assert api.get(f"/orders/{payment.order.key}").json()["flags"] == ["disputed"]
    say(till, payment, "won", "-+")
    assert api.get(f"/orders/{payment.order.key}").json()["flags"] == []


def test_the_api_refuses_to_refund_what_is_disputed_under_its_own_name(till, payment):
    say(till, payment, "needs_response", "-")
    answer = api_of(till.merchant).post("/refunds", {"payment": payment.reference, "reason": "x"})
    assert (answer.status_code, answer.json()["code"]) == (409, "payments.disputed")


def test_money_that_comes_back_in_two_ways_has_two_names():
    assert word("dispute_funds", "returned").text != word("dispute_funds", "recovered").text


@pytest.mark.parametrize("story", [["-"], ["-", "won"], ["-", "lost"], ["part", "-", "lost"]])
def test_what_the_platform_carries_stays_where_it_is_in_a_dispute(offences, story):
    till = cards.shop(merchant=MerchantFactory.create(settlement_mode=SettlementMode.OWN_SUPPLY))
    made = CouponFactory.create(merchant=till.merchant, amount=333, currency="USD", carrier=Carrier.PLATFORM)
    payment, _ = cards.paid(till, codes=(code_of(made).code,)), cards.paid(till)
    before = held_by(payment, OwnerKind.PLATFORM, None, Purpose.PROMOTION)
    if "part" in story:
        cards.tell(till, cards.refund_event(cards.refund(payment, 1), "succeeded"))
    say(till, payment, "needs_response", "-")
    for end in set(story) & {"won", "lost"}:
        say(till, payment, end, "-+" if end == "won" else "-")
    assert held_by(payment, OwnerKind.PLATFORM, None, Purpose.PROMOTION) == before == 333
    assert offences() == []
