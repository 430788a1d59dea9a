"""A channel account's settings and secrets: written in the back office, checked, and never shown again."""

import pytest
from django.urls import reverse

from audit.models import AuditRow
from payments.services import accounts
from tests.factories import cards
from tests.operators.test_deeds import do, told
from tests.payments.channels import stripe_world as world

pytestmark = pytest.mark.django_db
RENEW = "payments_channelaccount_renew_stripe"
NEW = "whsec_" + "beef" * 8


@pytest.fixture
def account(db):
    return cards.shop().account


def secrets(account):
    return accounts.till(account.pk).account.secrets


def test_a_secret_is_replaced_and_what_is_left_empty_stays(desk, account):
    do(desk, RENEW, account.pk, webhook_secret=NEW, webhook_secret_old=world.SECRET)
    assert secrets(account) == {
        "api_key": world.API_KEY,
        "webhook_secret": NEW,
        "webhook_secret_old": world.SECRET,
    }
    row = AuditRow.objects.get(action="channel_account.credentials_changed")
    assert (row.reason != "", NEW in str(row.facts)) == (True, False)


def test_what_cannot_work_is_refused_in_the_dialog_and_changes_nothing(desk, account):
    answer = do(desk, RENEW, account.pk, api_key="sk_live_4eC39HqLyjWDarjtT1zdp7dc")
    assert "another mode" in told(answer)
    assert secrets(account)["api_key"] == world.API_KEY


def test_no_page_shows_a_secret(desk, account):
    pages = [
        desk.get(reverse("admin:payments_channelaccount_change", args=[account.pk])),
        desk.get(reverse(f"admin:{RENEW}", args=[account.pk])),
        do(desk, RENEW, account.pk, webhook_secret="wrong", api_key=NEW),
    ]
    shown = "".join(told(page) for page in pages)
    assert [secret for secret in (world.API_KEY, world.SECRET, NEW) if secret in shown] == []


def test_the_page_says_where_the_channel_sends_its_events(desk, account):
    page = desk.get(reverse("admin:payments_channelaccount_change", args=[account.pk]))
    assert f"/n/a/{account.token}/" in told(page)


def test_who_may_only_look_changes_nothing(auditor, account):
    assert do(auditor, RENEW, account.pk, webhook_secret=NEW).status_code == 403
    assert secrets(account)["webhook_secret"] == world.SECRET
