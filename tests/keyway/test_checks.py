"""`check --deploy` fails closed, for each thing that must not be in production."""

import dataclasses
from datetime import date
from io import StringIO

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command

from kernel.actors import SYSTEM
from kernel.books import Book
from keyway import checks, env
from keyway.env import Stage
from merchants.models import Licence
from settlement import rails
from settlement.services import rail_accounts
from tests.factories import cards
from tests.factories.merchants import MerchantFactory
from tests.factories.payments import alipay_account
from tests.factories.settlement import Bank

pytestmark = pytest.mark.django_db

SOUND = dataclasses.replace(
    settings.ENV,
    stage=Stage.PRODUCTION,
    secret_key="q8Zr2kXw7Lm4Tn9Vb3Yc6Hd1Jf5Gs0PaQeRuItOyUiEwNvMxBzCl",
    master_keys="1:nxwE16hb4mNA8hF8uz6V2ApsxVQf6YMtdrBIftNaIcY=",
    database_url="postgres://keyway:drawn@db.shop.example:5432/keyway",
    broker_url="amqp://keyway:drawn@broker.shop.example/",
    public_url="https://shop.example",
    outgoing_allow=("openapi.alipay.com:443",),
    trusted_proxies=("10.0.0.0/8",),
    forwarded="forwarded",
    allowed_hosts=("shop.example",),
    email_url="smtp+tls://user:drawn@mail.shop.example:587",
    crash_at="",
)  # fmt: skip


def codes(**changes):
    return [found.id for found in checks.findings(dataclasses.replace(SOUND, **changes))]


def test_a_sound_environment_has_no_findings():
    assert codes() == []


@pytest.mark.parametrize(
    ("code", "changes"),
    [
        ("E001", {"stage": Stage.DEVELOPMENT}),
        ("E001", {"stage": Stage.TEST}),
        ("E002", {"crash_at": "after_commit"}),
        ("E003", {"secret_key": ""}),
        ("E003", {"secret_key": SOUND.secret_key[:40]}),
        ("E003", {"secret_key": "ab" * 40}),
        ("E003", {"secret_key": "django-insecure-" + SOUND.secret_key}),
        ("E003", {"secret_key": "change-me-" + SOUND.secret_key}),
        ("E004", {"master_keys": ""}),
        ("E004", {"master_keys": "1:c2hvcnQ="}),
        ("E004", {"master_keys": "1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="}),
        ("E005", {"public_url": "http://shop.example"}),
        ("E005", {"allowed_hosts": ("*",)}),
        ("E005", {"forwarded": ""}),
        ("E005", {"trusted_proxies": ("0.0.0.0/0",)}),
        ("E005", {"trusted_proxies": ("::/0",)}),
        ("E006", {"outgoing_allow": ("127.0.0.1:8001",)}),
        ("E006", {"outgoing_allow": ("10.1.2.3:443",)}),
        ("E006", {"outgoing_allow": ("localhost:8001",)}),
        ("E006", {"outgoing_allow": ("[::1]:8001",)}),
        ("E006", {"outgoing_allow": ("169.254.169.254:80",)}),
        ("E007", {"email_url": ""}),
        ("E007", {"email_url": "consolemail://"}),
        ("E008", {"broker_url": ""}),
        ("E008", {"database_url": "postgres://keyway@db.shop.example/keyway"}),
    ],
)
def test_what_must_not_be_is_found(code, changes):
    assert codes(**changes) == [f"keyway.{code}"]


def test_debugging_is_found(settings):
    settings.DEBUG = True
    assert codes() == ["keyway.E001"]


def test_the_servers_of_development_are_found(tmp_path, settings):
    settings.KEYWAY_EMBEDDED_PORTS = tmp_path / "ports.json"
    settings.KEYWAY_EMBEDDED_PORTS.write_text('{"postgres": 15432, "redis": 16379}')
    assert codes(broker_url="redis://127.0.0.1:16379/0") == ["keyway.E008"]
    assert codes(broker_url="redis://127.0.0.1:6379/0") == []


def test_a_demo_licence_is_found():
    Licence.objects.create(
        number="DEMO", holder="Demo", jurisdiction="CN", valid_from=date(2026, 1, 1),
        valid_to=date(2030, 1, 1), demo=True,
    )  # fmt: skip
    assert codes() == ["keyway.E009"]


@pytest.mark.parametrize(
    "gateway", [f"{settings.KEYWAY_SANDBOX_URL}/alipay/gateway.do", "http://10.0.0.5/gateway.do"]
)
def test_a_live_account_that_points_at_a_played_channel_is_found(gateway):
    alipay_account(MerchantFactory.create(), gateway=gateway)
    assert codes() == ["keyway.E009"]


def test_a_live_account_with_test_keys_is_found():
    cards.account(MerchantFactory.create(), gateway="https://api.stripe.com")
    assert codes() == ["keyway.E009"]


def test_a_twins_account_may_point_at_the_sandbox():
    twin = MerchantFactory.create(book=Book.SANDBOX, twin_of=MerchantFactory.create())
    alipay_account(twin, gateway=f"{settings.KEYWAY_SANDBOX_URL}/alipay/gateway.do")
    assert codes() == []


@pytest.mark.parametrize(("book", "found"), [(Book.LIVE, ["keyway.E009"]), (Book.SANDBOX, [])])
def test_a_live_bank_connection_that_points_at_a_played_bank_is_found(book, found):
    rails.bind("played", Bank())
    rail_accounts.register(
        book,
        "played",
        label="Bank",
        gateway=f"{settings.KEYWAY_SANDBOX_URL}/bank",
        settings={},
        secrets={},
        actor=SYSTEM,
    )
    assert codes() == found


def test_a_live_account_at_the_real_channel_is_sound():
    alipay_account(MerchantFactory.create(), gateway="https://openapi.alipay.com/gateway.do")
    assert codes() == []


def test_no_finding_shows_a_secret():
    shown = str(checks.findings(dataclasses.replace(SOUND, secret_key="short", master_keys="1:c2hvcnQ=")))
    assert "c2hvcnQ=" not in shown


def test_the_command_fails_on_them():
    with pytest.raises(CommandError, match=r"keyway\.E001"):
        call_command("check", deploy=True, stdout=StringIO(), stderr=StringIO())


def test_a_header_that_nobody_knows_is_refused_at_the_start(monkeypatch):
    monkeypatch.setenv("KEYWAY_FORWARDED", "x-real-ip")
    with pytest.raises(ImproperlyConfigured, match="KEYWAY_FORWARDED"):
        env.read()


def test_without_a_proxy_no_header_need_be_named():
    assert codes(trusted_proxies=(), forwarded="") == []


def test_production_does_not_start_with_a_crash_point(monkeypatch):
    monkeypatch.setenv("KEYWAY_ENV", "production")
    monkeypatch.setenv("CRASH_AT", "after_commit")
    with pytest.raises(ImproperlyConfigured, match="CRASH_AT"):
        env.read()
