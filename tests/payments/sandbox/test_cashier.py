"""The cashier shows what is paid to whom, in two languages, and needs no script."""

from datetime import timedelta
from html import unescape

import pytest
import time_machine

from payments.sandbox.models import Trade
from payments.sandbox.states import Ending
from tests.payments.sandbox.shop import Reply, Shop, beijing_now


def _cashier(shop: Shop, **more: str) -> str:
    _, link = shop.page(**more)
    return shop.url + shop.fetch(link).headers["Location"]


def test_it_shows_payee_amount_and_subject(shop: Shop):
    page = shop.fetch(_cashier(shop)).text
    assert "极速发卡" in page
    assert ">12.34<" in page
    assert "礼品卡 100" in page


def test_it_sets_thousands_apart(shop: Shop):
    assert "¥1,234.50" in shop.fetch(_cashier(shop, amount="1234.50")).text


def test_it_speaks_chinese_and_english(shop: Shop):
    cashier = _cashier(shop)
    chinese, english = (shop.fetch(f"{cashier}?lang={lang}").text for lang in ("zh", "en"))
    assert '<html lang="zh-CN">' in chinese
    assert "支付 ¥12.34" in chinese
    assert '<html lang="en">' in english
    assert "Pay ¥12.34" in english


def test_it_offers_every_ending_but_the_plain_ones_of_tests(shop: Shop):
    page = shop.fetch(_cashier(shop)).text
    assert all(f'name="ending" value="{ending}"' in page for ending in Ending)


def test_its_policy_allows_no_script_and_no_foreign_form(shop: Shop):
    answer = shop.fetch(_cashier(shop))
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert "form-action 'self'" in policy
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Cache-Control"] == "no-store"
    assert "<script" not in answer.text
    assert " style=" not in answer.text


def test_it_sets_no_cookie(shop: Shop):
    assert "Set-Cookie" not in shop.fetch(_cashier(shop)).headers


def test_after_paying_it_leads_back_to_the_shop_with_signed_parameters(shop: Shop):
    cashier = _cashier(shop, return_url="http://shop.example/o/1/?a=b")
    assert shop.pay(cashier).status == 302
    page = unescape(shop.fetch(cashier).text)
    assert page.count("http://shop.example/o/1/?a=b&app_id=") == 2
    assert "&sign=" in page


def test_before_paying_it_leads_nowhere(shop: Shop):
    assert "shop.example" not in shop.fetch(_cashier(shop, return_url="http://shop.example/")).text


def test_a_failed_try_is_explained_and_may_be_repeated(shop: Shop):
    cashier = _cashier(shop)
    shop.pay(cashier, "fail", reason="issuer_declined")
    page = shop.fetch(f"{cashier}?lang=en").text
    assert "Declined by the bank" in page
    assert 'value="pay"' in page


def test_a_buyer_who_goes_away_is_led_to_the_quit_address(shop: Shop):
    cashier = _cashier(shop, method="wap", quit_url="http://shop.example/quit")
    shop.pay(cashier, "cancel")
    assert 'href="http://shop.example/quit"' in shop.fetch(cashier).text


def test_a_wrong_amount_is_said_to_the_buyer(shop: Shop):
    cashier = _cashier(shop)
    shop.pay(cashier, "wrong_amount")
    assert "¥12.35" in shop.fetch(cashier).text


def test_a_closed_trade_has_no_button(shop: Shop):
    cashier = _cashier(shop, timeout_express="1m")
    with time_machine.travel(beijing_now() + timedelta(minutes=2)):
        assert "<button" not in shop.fetch(cashier).text


def test_paying_twice_pays_once(shop: Shop):
    cashier = _cashier(shop)
    shop.pay(cashier)
    shop.pay(cashier, "wrong_amount")
    assert Trade.objects.get().charged_fen == 1234


@pytest.mark.parametrize("fields", [{"ending": "steal"}, {}])
def test_an_ending_that_nobody_knows_is_refused(shop: Shop, fields: dict[str, str]):
    assert shop.fetch(_cashier(shop), fields).status == 400


def test_a_token_that_nobody_knows_is_not_found(shop: Shop):
    assert _missing(shop.fetch(f"{shop.url}/cashier/AAAAAAAAAAAAAAAAAAAAAA/"))


def test_a_subject_with_markup_is_shown_as_text(shop: Shop):
    number, cashier = shop.precreate()
    Trade.objects.filter(out_trade_no=number).update(subject="<script>alert(1)</script>")
    assert "<script" not in shop.fetch(cashier).text


def _missing(answer: Reply) -> bool:
    return answer.status == 404
