"""The desk shows what happened lately and sends notifications again."""

from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from payments.sandbox import notifier, urls
from payments.sandbox.alipay import apps, signing
from payments.sandbox.models import AlipayApp, Notice, Trade
from tests.payments.sandbox.ear import Ear
from tests.payments.sandbox.shop import Inside, Shop, key_pair


@pytest.fixture
def told(shop: Shop, ear: Ear) -> Notice:
    """A notification that was refused once."""
    ear.says = [(200, b"fail")]
    _, cashier = shop.precreate(notify_url=ear.url)
    shop.pay(cashier)
    Notice.objects.filter(facts__trade_status="WAIT_BUYER_PAY").delete()
    notifier.perform_due(datetime.now(UTC))
    return Notice.objects.get()


def test_it_shows_trades_with_their_notifications_and_what_was_answered(shop: Shop, told: Notice):
    page = shop.fetch(f"{shop.url}/?lang=en").text
    assert told.trade.out_trade_no in page
    assert "TRADE_SUCCESS" in page
    assert "200 fail" in page
    assert f"/cashier/{told.trade.token}/" in page


def test_it_asks_the_database_a_fixed_number_of_questions(
    shop: Shop, told: Notice, django_assert_max_num_queries
):
    for _ in range(3):
        _, cashier = shop.precreate(notify_url="http://shop.example/n")
        shop.pay(cashier)
    from django.test import Client

    with django_assert_max_num_queries(6):
        assert Client().get("/").status_code == 200


def test_its_button_sends_a_notification_again(shop: Shop, ear: Ear, told: Notice):
    assert shop.fetch(f"{shop.url}/notices/{told.pk}/resend/", {}).status == 302
    notifier.perform_due(datetime.now(UTC))
    assert len(ear.heard) == 2


def test_its_button_ends_the_time_for_refunds(shop: Shop, told: Notice):
    place = f"{shop.url}/trades/{told.trade.token}/finish/"
    assert shop.fetch(place, {}).status == 302
    assert Trade.objects.get().status == "TRADE_FINISHED"
    assert shop.fetch(place, {}).status == 404


def test_production_has_the_gateway_and_the_cashier_and_nothing_else():
    names = [pattern.name for pattern in urls.patterns("production")]
    channels = ["gateway", "cashier", "stripe-api", "stripe-checkout", "bank-transfers", "bank-transfer"]
    assert names == channels


def test_without_trades_it_says_what_to_do(inside: Inside):
    assert "No trade yet" in inside.fetch(f"{inside.url}/?lang=en").text


def test_registering_again_keeps_the_platforms_key_and_changes_the_apps(db: None):
    first = apps.register("2021000000000001", key_pair("shop")[1], "2088000000000001", name="一")
    again = apps.register("2021000000000001", key_pair("stranger")[1], "2088000000000001", name="二")
    app = AlipayApp.objects.get()
    assert first == again == signing.public_key_of(app.platform_private_key)
    assert (app.name, app.app_public_key) == ("二", key_pair("stranger")[1])


def test_a_key_may_be_given_as_bare_base64(db: None):
    bare = "".join(key_pair("shop")[1].splitlines()[1:-1])
    apps.register("2021000000000001", bare, "2088000000000001")
    assert AlipayApp.objects.get().app_public_key == key_pair("shop")[1]


def test_the_command_prints_the_platforms_key(db: None, tmp_path: Path):
    key = tmp_path / "key.pem"
    key.write_text(key_pair("shop")[1])
    said = StringIO()
    call_command(
        "sandbox_alipay_app", "2021000000000001", seller="2088000000000001", public_key=str(key), stdout=said
    )
    assert said.getvalue().startswith("-----BEGIN PUBLIC KEY-----")


def test_the_command_refuses_what_is_no_key(db: None, tmp_path: Path):
    (tmp_path / "key").write_text("nonsense")
    with pytest.raises(CommandError):
        call_command("sandbox_alipay_app", "1", seller="1", public_key=str(tmp_path / "key"))
