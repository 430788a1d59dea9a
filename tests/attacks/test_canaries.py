"""A2: marked secrets go through their services and pages, and then no sink has them in plain.

The sinks are every table of the database (so audit, outbox, webhooks, sessions …), what was logged, and the
pages that say that something went wrong.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from audit.models import AuditRow
from kernel.actors import SYSTEM
from merchants.models import User
from merchants.scopes import Scope
from merchants.services import api_keys
from merchants.sign_in import factors
from outbox.models import Event
from payments.services import accounts
from settlement.services import bank_accounts
from tests.api.client import Api
from tests.factories import payments as make
from tests.factories import settlement as bank
from tests.factories import webhooks
from tests.factories.merchants import PASSWORD, MemberFactory, UserFactory
from tests.merchants.people import SECRET, signed_in, try_password
from tests.payments.channels import alipay_world as alipay
from tests.payments.channels import stripe_world as stripe

pytestmark = pytest.mark.django_db

BANK_NUMBER = "6222020200098765432"
STRIPE_KEY, STRIPE_SIGNING = "sk_test_canary4f1cAbCdEfGhIjKlMnOp", "whsec_canary4f1cQrStUvWxYzAbCdEfGh"
TABLES = "SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = current_schema() ORDER BY 1"


def told_in_tables(secret: str) -> list[str]:
    """The tables that hold it: as text, or as bytes that spell it."""
    with connection.cursor() as cursor:
        cursor.execute(TABLES)
        names = [row[0] for row in cursor.fetchall()]
        found = []
        for name in names:
            rows = f"SELECT FROM {name} AS t WHERE strpos(t::text, %s) > 0 OR strpos(t::text, %s) > 0"
            cursor.execute(f"SELECT EXISTS ({rows})", [secret, secret.encode().hex()])
            found += [name] if cursor.fetchone()[0] else []
        return found


@pytest.fixture
def secrets() -> Iterator[dict[str, str]]:
    """Each kind of secret, kept where it is kept."""
    merchant = bank.merchant()
    owner = MemberFactory.create(merchant=merchant)
    make.shop(2, merchant=merchant)
    signed_in(owner.user)
    try_password(Client(), owner.user.email)
    account = bank_accounts.add(
        merchant, "CNY", holder="晨光数码", bank="中国银行", number=BANK_NUMBER, actor=SYSTEM
    )
    bank_accounts.confirm(account, actor=bank.operator(), reason="It fits.")
    accounts.register(
        merchant,
        "stripe",
        label="Cards",
        gateway="http://127.0.0.1:9/stripe",
        settings=stripe.account("http://127.0.0.1:9/stripe").settings,
        secrets={"api_key": STRIPE_KEY, "webhook_secret": STRIPE_SIGNING},
        rate=make.CHANNEL_RATE,
        actor=SYSTEM,
    )
    _, key = api_keys.create(merchant, "key", list(Scope), actor=SYSTEM)
    _, hook = webhooks.endpoint_with_secret("https://8.8.8.8/hook", merchant_id=merchant.pk)
    yield {
        "API key": key,
        "webhook secret": hook,
        "bank account number": BANK_NUMBER,
        "Stripe key": STRIPE_KEY,
        "Stripe's signing secret": STRIPE_SIGNING,
        "Alipay's private key": alipay.private_pem("app").splitlines()[3],
        "seed of an authenticator": SECRET,
        "password": PASSWORD,
    }


def test_no_table_holds_a_secret_in_plain(secrets: dict[str, str]):
    found = {name: told_in_tables(secret) for name, secret in secrets.items()}
    assert {name: tables for name, tables in found.items() if tables} == {}


def test_a_table_that_held_one_would_be_found():
    UserFactory.create(name=f"I am {BANK_NUMBER}")
    assert told_in_tables(BANK_NUMBER) == ["merchants_user"]


def test_the_log_holds_no_secret(secrets: dict[str, str], capfd: Any):
    merchant = bank.merchant()
    for secret in secrets.values():
        api = Api(secret, merchant)
        api.get("/products")
        api.get("/products", key=secret)
        api.post("/orders", {"product": secret})
        Client().get(f"/o/{secret}/", {"token": secret})
        try_password(Client(), f"{secret}@example.com", secret)
    written = capfd.readouterr()
    assert [name for name, secret in secrets.items() if secret in written.out + written.err] == []


def test_no_page_that_says_no_repeats_a_secret(secrets: dict[str, str]):
    somebody = signed_in(MemberFactory.create().user)
    told = {
        name: secret in somebody.get(f"/m/{secret}/").content.decode()
        or secret in Client().get(f"/n/{secret}/").content.decode()
        or secret in Api(secret, bank.merchant()).get("/products", key=secret).content.decode()
        for name, secret in secrets.items()
    }
    assert told == dict.fromkeys(secrets, False)


def test_the_code_of_an_approval_is_not_kept(settings: Any):
    boss: User = UserFactory.create(is_staff=True, is_superuser=True)
    desk, payout = signed_in(boss), bank.drafted()
    code = factors.code_now(boss)
    typed = {"code": code, "reason": "It fits.", "_form_submitted": "true"}
    desk.post(reverse("admin:settlement_payout_approve", args=[payout.pk]), typed)
    rows = [row.facts for row in AuditRow.objects.filter(subject_id=payout.pk)]
    events = [event.payload for event in Event.objects.filter(subject_id=payout.pk)]
    payout.refresh_from_db()
    assert payout.state == "first_approved"
    assert code not in str([*rows, *events])
