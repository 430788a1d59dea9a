"""Channel accounts in the back office: added, tried out; their secrets go in and never come out."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.urls import reverse

from audit.models import AuditRow
from payments.models import ChannelAccount
from payments.services import accounts
from tests.factories import payments as make
from tests.factories.merchants import MerchantFactory
from tests.operators.test_deeds import WHY, do, told
from tests.operators.test_every_deed import typed_account
from tests.payments.channels import alipay_world as alipay

pytestmark = pytest.mark.django_db


@pytest.fixture
def gateway(settings) -> Iterator[alipay.Gateway]:
    with alipay.gateway() as opened:
        settings.KEYWAY_OUTGOING_ALLOW = (urlsplit(opened.url).netloc,)
        yield opened


@pytest.fixture
def typed() -> dict[str, Any]:
    """An Alipay account as an operator types it."""
    return typed_account(make.alipay_account(MerchantFactory.create()))


def test_an_account_is_added_and_takes_payments(desk, typed):
    do(desk, "payments_channelaccount_register_alipay", **typed)
    account = ChannelAccount.objects.get(label="Second")
    assert (account.merchant.key, str(account.rate), account.status) == (
        typed["merchant"],
        "0.006000",
        "active",
    )
    assert accounts.till(account.pk).account.secrets["private_key"].strip() == typed["private_key"].strip()


def test_adding_one_is_recorded_with_its_reason_and_without_its_secrets(desk, typed):
    do(desk, "payments_channelaccount_register_alipay", **typed)
    row = AuditRow.objects.get(action="channel_account.registered", reason=WHY)
    assert sorted(row.facts) == ["channel", "gateway", "version"]


def test_credentials_that_cannot_work_are_refused_and_not_written_back(desk, typed):
    typed["app_id"] = "1"
    answer = told(do(desk, "payments_channelaccount_register_alipay", **typed))
    assert "cannot be used" in answer
    assert "PRIVATE KEY" not in answer
    assert not ChannelAccount.objects.filter(label="Second").exists()


def test_a_second_active_account_of_a_channel_is_refused_in_words(desk, typed):
    do(desk, "payments_channelaccount_register_alipay", **typed)
    answer = do(desk, "payments_channelaccount_register_alipay", **typed)
    assert "has an active account" in told(answer)


def test_no_page_shows_a_secret(desk, typed):
    do(desk, "payments_channelaccount_register_alipay", **typed)
    account = ChannelAccount.objects.get(label="Second")
    page = told(desk.get(reverse("admin:payments_channelaccount_change", args=[account.pk])))
    dialog = told(desk.get(reverse("admin:payments_channelaccount_renew_alipay", args=[account.pk])))
    assert "BEGIN" not in page + dialog


def test_a_test_call_says_what_the_channel_answered(desk, gateway):
    gateway.answers.append(alipay.failed("ACQ.TRADE_NOT_EXIST"))
    account = make.shop(gateway=gateway.url).account
    do(desk, "payments_channelaccount_try_out", account.pk)
    row = AuditRow.objects.get(action="channel_account.tested")
    assert (row.reason, row.facts["well"], row.facts["code"]) == (WHY, True, "ACQ.TRADE_NOT_EXIST")


def test_a_test_call_that_nobody_answers_is_not_well(desk):
    do(desk, "payments_channelaccount_try_out", make.alipay_account(MerchantFactory.create()).pk)
    assert AuditRow.objects.get(action="channel_account.tested").facts["well"] is False
