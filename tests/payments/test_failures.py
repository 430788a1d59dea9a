"""Why an attempt was not paid."""

from datetime import timedelta

import pytest

from kernel import clock
from payments.failure_words import ADVICE, NAMES
from payments.failures import Failure, failure
from payments.states import AttemptState

NOW = clock.now()
SOON = NOW + timedelta(minutes=15)


@pytest.mark.parametrize(
    ("state", "code", "concluded_at", "reason"),
    [
        (AttemptState.PENDING, "", None, None),
        (AttemptState.SUCCEEDED, "", None, None),
        (AttemptState.CLOSED, "", NOW, Failure.REPLACED),
        (AttemptState.CLOSED, "", SOON, Failure.NOT_PAID_IN_TIME),
        (AttemptState.UNKNOWN, "", None, Failure.CHANNEL_TIMEOUT),
        (AttemptState.FAILED, "ACQ.BUYER_BALANCE_NOT_ENOUGH", NOW, Failure.INSUFFICIENT_FUNDS),
        (AttemptState.FAILED, "isv.invalid-signature", NOW, Failure.CHANNEL_CONFIG),
        (AttemptState.FAILED, "ACQ.NEVER_HEARD_OF", NOW, Failure.UNKNOWN),
    ],
)
def test_a_channels_code_becomes_a_reason(state, code, concluded_at, reason):
    assert failure(state, code, expires_at=SOON, concluded_at=concluded_at) == reason


@pytest.mark.parametrize("reason", list(Failure))
def test_every_reason_has_a_sentence(reason):
    assert reason.sentence.endswith(".")


def test_every_failure_has_its_name_and_its_advice():
    assert set(NAMES) == set(ADVICE) == set(Failure)
