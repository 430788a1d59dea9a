"""The hosted page: what a buyer sees and types, without scripts; and the desk beside it."""

import json

import pytest

from payments.sandbox.models import StripeSession
from payments.sandbox.stripe.states import Deed
from tests.payments.sandbox.till import Till, perform


@pytest.fixture
def shop(inside) -> Till:
    return Till(inside)


def page(shop, session, form=None, language="en"):
    return shop.line.fetch(f"{session.url or link(shop, session)}?lang={language}", form)


def link(shop, session):
    return f"{shop.line.url}/stripe/pay/{session.id}/"


def typed(number="4242 4242 4242 4242", expiry="12/34", cvc="123"):
    return {"ending": "pay", "number": number, "expiry": expiry, "cvc": cvc}


def test_the_page_says_who_is_paid_how_much_and_for_what(shop):
    text = page(shop, shop.session(2900)).text
    assert all(word in text for word in ("北岸软件", "$29.00", "礼品卡 &amp; more"))


def test_yen_have_no_decimals(shop):
    assert "¥2,900" in page(shop, shop.session(2900, currency="jpy")).text


def test_a_paid_page_leads_back_to_the_shop(shop):
    made = shop.session()
    assert page(shop, made, typed()).status == 302
    text = page(shop, made).text
    assert 'content="0;url=http://127.0.0.1/o/token/"' in text
    assert 'name="number"' not in text


def test_a_slip_of_the_pen_tries_no_card_and_keeps_what_was_typed(shop):
    made = shop.session()
    reply = page(shop, made, typed(expiry="13/34"))
    assert (reply.status, "4242 4242 4242 4242" in reply.text, 'id="fault"' in reply.text) == (
        400,
        True,
        True,
    )
    assert "123" not in reply.text.split('name="cvc"')[1].split(">")[0].replace('placeholder="123"', "")
    assert StripeSession.objects.get().tries == 0


def test_a_declined_card_is_told_and_may_be_followed_by_another(shop):
    made = shop.session()
    page(shop, made, typed("4000000000009995"))
    text = page(shop, made).text
    assert "does not have enough money" in text
    assert 'name="number"' in text


def test_the_banks_question_stands_alone_on_the_page(shop):
    made = shop.session()
    page(shop, made, typed("4000000000003220"))
    text = page(shop, made).text
    assert ("ends in 3220" in text, 'name="number"' in text) == (True, False)
    page(shop, made, {"proof": "fail"})
    assert "could not confirm" in page(shop, made).text


def test_an_expired_page_takes_no_card(shop):
    made = shop.session()
    shop.api.v1.checkout.sessions.expire(made.id)
    page(shop, made, typed())
    assert "has expired" in page(shop, made).text
    assert StripeSession.objects.get().status == "expired"


def test_the_cents_are_explained_where_they_decide(inside, shop):
    magic = Till(inside, magic=True)
    told = "A debit that pays after the page has expired"
    assert told in page(magic, magic.session()).text
    assert told not in page(shop, shop.session()).text


def test_no_card_number_is_kept(shop):
    made = shop.session()
    page(shop, made, typed())
    expiry = {"exp_month": 12, "exp_year": 2034}
    assert StripeSession.objects.get().card == {"brand": "visa", "last4": "4242", **expiry}


@pytest.mark.parametrize("form", [{"ending": "free"}, {"ending": ""}])
def test_an_ending_of_nobody_is_not_found(shop, form):
    assert page(shop, shop.session(), form).status == 404


def test_a_session_of_nobody_is_not_found(shop):
    assert shop.line.fetch(f"{shop.line.url}/stripe/pay/cs_test_none/").status == 404


def test_the_desk_shows_sessions_and_what_a_bank_may_do(shop):
    made = shop.paid()
    desk = f"{shop.line.url}/stripe/?lang=en"
    assert "The bank takes it back" in shop.line.fetch(desk).text
    shop.line.fetch(f"{shop.line.url}/stripe/sessions/{made.id}/do/", {"deed": "dispute"})
    assert "needs_response" in shop.line.fetch(desk).text


def test_the_control_does_what_a_test_orders(shop):
    shop.session(reference="pay_7")
    place = f"{shop.line.url}/control/stripe/pay_7/"

    def ask(**words):
        body = json.dumps(words).encode()
        return json.loads(shop.line.fetch(place, body, "application/json").body)

    assert ask(card="4000000000000002")["intent_status"] == "requires_payment_method"
    assert ask(ending="pay")["paid"] == 2900
    ask(deed=Deed.DISPUTE)
    perform()
    assert list(ask(deed=Deed.LOSE)["disputes"].values()) == ["lost"]
