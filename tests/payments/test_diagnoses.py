"""Why an order is not paid, in one answer."""

from datetime import timedelta

import pytest

from kernel import clock
from payments.diagnoses import diagnose
from payments.failure_words import ADVICE, NAMES
from payments.failures import Failure
from payments.models import Order, Payment
from payments.states import AttemptState, PaymentState

NOW = clock.now()


def attempt(state: str, code: str = "", concluded: timedelta | None = None) -> Payment:
    return Payment(
        state=state,
        code=code,
        expires_at=NOW + timedelta(minutes=15),
        concluded_at=None if concluded is None else NOW + concluded,
    )


@pytest.mark.parametrize(
    ("state", "attempts", "said"),
    [
        ("pending", [], "still pay"),
        ("pending", [attempt("closed", concluded=timedelta()), attempt("pending")], "still pay"),
        ("pending", [attempt("failed", "ACQ.BUYER_BALANCE_NOT_ENOUGH")], "balance was too low"),
        ("processing", [attempt("pending")], "confirming"),
        ("expired", [], "never chose"),
        ("expired", [attempt("closed", concluded=timedelta(minutes=16))], "did not pay in time"),
        (
            "expired",
            [attempt("closed", concluded=timedelta()), attempt("failed", "isv.invalid-app-id")],
            "not set up right",
        ),
        ("cancelled", [attempt("closed", concluded=timedelta())], "gave it up"),
    ],
)
def test_it_says_what_happened_last(state, attempts, said):
    found = diagnose(Order(payment_state=PaymentState(state)), attempts)
    assert found is not None
    assert said in found.said
    assert found.advice


def test_a_paid_order_needs_no_answer():
    order = Order(payment_state=PaymentState.PAID, paid_at=NOW)
    assert diagnose(order, [attempt(AttemptState.SUCCEEDED)]) is None


def test_every_failure_has_a_name_and_says_what_to_do():
    assert [one for one in Failure if one not in NAMES or one not in ADVICE] == []
