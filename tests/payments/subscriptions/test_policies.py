"""Billing rules of a merchant: what is no schedule is refused, and leaves the rules as they were."""

import pytest
from django.db import IntegrityError, transaction

from kernel.actors import SYSTEM
from payments.subscriptions.services import policies
from payments.subscriptions.states import CancelNow

pytestmark = pytest.mark.django_db

RULES = {
    "retry_days": (0, 3),
    "grace_days": 3,
    "notice_days": None,
    "may_pause": True,
    "may_change": True,
    "cancel_now": CancelNow.NO,
}


@pytest.mark.parametrize(
    "wrong",
    [
        {"retry_days": ()},
        {"retry_days": (0, 5, 2)},
        {"retry_days": (1, 2)},
        {"retry_days": (0, 31)},
        {"grace_days": -1},
        {"notice_days": -1},
    ],
    ids=str,
)
def test_days_that_are_no_schedule_change_nothing(club, wrong):
    merchant_id = club.merchant.pk
    before = policies.change(merchant_id, **RULES, actor=SYSTEM)
    with pytest.raises(IntegrityError), transaction.atomic():
        policies.change(merchant_id, **(RULES | wrong), actor=SYSTEM)
    assert policies.of(merchant_id) == before
