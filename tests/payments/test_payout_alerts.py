"""A payout of which the bank says nothing: on operators' first page, in their list, and as an alert."""

import html
from datetime import timedelta

import pytest

from kernel import clock
from payments.models import Alert
from payments.services import alerts, payout_alerts
from settlement.models import Payout
from settlement.services import payouts
from tests.factories import settlement as make
from tests.factories.merchants import UserFactory
from tests.merchants.people import signed_in

pytestmark = pytest.mark.django_db


def silent(hours: int) -> Payout:
    """A payout that was sent so long ago, and the bank did not say."""
    make.bank(says="unknown")
    with clock.telling(clock.now() - timedelta(hours=hours)):
        return payouts.send(make.approved())


def test_a_day_of_silence_opens_one_alert_and_says_so_once_in_the_log(capsys):
    payout = silent(25)
    assert [payout_alerts.watch(10), payout_alerts.watch(10)] == [1, 0]
    alert = Alert.objects.get()
    assert (alert.code, alert.subject_id, alert.count) == ("payout.unknown", payout.pk, 1)
    assert capsys.readouterr().out.count(f"payout={payout.key}") == 1


def test_half_a_day_is_no_alert():
    silent(12)
    assert payout_alerts.watch(10) == 0


def test_one_that_was_resolved_comes_back_as_long_as_the_bank_is_silent():
    silent(25)
    payout_alerts.watch(10)
    alerts.resolve(Alert.objects.get(), actor=make.operator(), reason="The bank was called.")
    assert payout_alerts.watch(10) == 1


def test_the_first_page_counts_it_and_leads_to_it():
    payout = silent(25)
    client = signed_in(UserFactory.create(is_staff=True, is_superuser=True))
    client.cookies["lang"] = "en"
    first = html.unescape(client.get("/ops/").content.decode())
    assert "Payouts without the bank's word" in first
    address = "/ops/settlement/payout/?standing=stuck&book=live"
    assert address in first
    assert payout.key in client.get(address).content.decode()
    assert (
        payout.key not in client.get("/ops/settlement/payout/?standing=stuck&book=sandbox").content.decode()
    )
