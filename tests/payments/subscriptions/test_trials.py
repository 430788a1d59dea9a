"""What a trial asks before it begins: risk, and no codes."""

import pytest

from kernel.books import Book
from kernel.errors import Invalid
from payments.errors import RiskRefused
from payments.subscriptions.errors import TrialRefused
from payments.subscriptions.models import Subscription
from payments.subscriptions.services import starts
from risk import rules
from risk.states import Outcome
from tests.factories import subscriptions as members
from tests.factories.risk import LimitFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def tasting():
    return members.membership(trial_days=14)


@pytest.fixture(params=[(Outcome.BLOCK, RiskRefused), (Outcome.REVIEW, TrialRefused)])
def refusal(request):
    """One trial an address and day, and what the second one is refused by."""
    outcome, error = request.param
    LimitFactory.create(book=Book.SANDBOX, most=1, outcome=outcome)
    rules.forget()
    yield error
    rules.forget()


def begin(shop, **changes):
    return starts.trial(members.basket(shop, contact="same@example.com", **changes))


def test_a_trial_is_refused_where_risk_would_refuse_or_hold_an_order(tasting, refusal):
    begin(tasting)
    with pytest.raises(refusal):
        begin(tasting)
    assert Subscription.objects.count() == 1


def test_a_code_is_not_silently_lost_in_a_trial(tasting):
    with pytest.raises(Invalid) as refused:
        begin(tasting, codes=("WELCOME",))
    assert list(refused.value.context["errors"]) == ["code"]
    assert not Subscription.objects.exists()
