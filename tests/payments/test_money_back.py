"""When a refund is expected at the buyer's: by channel, over the holidays, and in words."""

from datetime import UTC, date, datetime

import pytest
from django.utils.html import strip_tags

from merchants.models import Merchant
from payments import money_back
from payments.models import ChannelAccount, Refund
from tests.factories import cards
from tests.payments.test_letters import deliver

SHANGHAI = Merchant(country="CN", time_zone="Asia/Shanghai")
# 2026: the 18th of November is a Wednesday; the 1st to the 7th of October are holidays.
CASES = [
    ("alipay", datetime(2026, 11, 18, 4, tzinfo=UTC), date(2026, 11, 18), date(2026, 11, 23)),
    ("stripe", datetime(2026, 11, 18, 4, tzinfo=UTC), date(2026, 11, 25), date(2026, 12, 2)),
    ("another", datetime(2026, 11, 18, 4, tzinfo=UTC), date(2026, 11, 18), date(2026, 12, 2)),
    # A wallet knows no weekend; it is the 22nd in Shanghai already.
    ("alipay", datetime(2026, 11, 21, 17, tzinfo=UTC), date(2026, 11, 22), date(2026, 11, 25)),
    ("alipay", datetime(2026, 9, 30, 4, tzinfo=UTC), date(2026, 9, 30), date(2026, 10, 12)),
]


def refund(channel: str, state: str, **times: datetime) -> Refund:
    return Refund(account=ChannelAccount(channel=channel), state=state, **times)


@pytest.mark.parametrize(("channel", "at", "earliest", "latest"), CASES)
def test_it_is_expected_so_many_business_days_after_the_channels_yes(channel, at, earliest, latest):
    found = money_back.arrival(
        refund(channel, "succeeded", requested_at=datetime(2026, 1, 1, tzinfo=UTC), concluded_at=at), SHANGHAI
    )
    assert found == money_back.Arrival(earliest, latest)


def test_an_open_one_counts_from_its_request():
    at = datetime(2026, 11, 18, 4, tzinfo=UTC)
    assert money_back.arrival(refund("stripe", "unknown", requested_at=at), SHANGHAI) == money_back.Arrival(
        date(2026, 11, 25), date(2026, 12, 2)
    )


def test_one_that_failed_is_expected_never():
    at = datetime(2026, 11, 18, 4, tzinfo=UTC)
    assert money_back.arrival(refund("alipay", "failed", requested_at=at, concluded_at=at), SHANGHAI) is None


@pytest.mark.parametrize(
    ("channel", "said"), [("alipay", "minutes"), ("stripe", "five to ten business days")]
)
def test_a_buyer_reads_how_long_it_takes(channel, said):
    assert said in money_back.words(channel)


@pytest.mark.django_db
def test_a_buyer_who_paid_by_card_reads_of_the_cards_bank(client):
    payment = cards.paid(cards.shop(), language="en")
    cards.refund(payment)
    said = "usually shows it within five to ten business days"
    assert said in deliver("refund.requested").body
    shown = strip_tags(client.get(f"/o/{payment.order.token}/?lang=en").content.decode())
    assert said in shown
    assert "minutes" not in shown
