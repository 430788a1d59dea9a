"""What people read of a notice that is about more than the charge."""

import pytest

from payments.channels.base import RefundState
from payments.notice_reasons import REASONS, outcome, subject
from payments.states import DisputeState


@pytest.mark.parametrize(
    "reason",
    [
        "refund.strange",
        *(f"refund.{said}" for said in RefundState),
        *(f"dispute.{said}" for said in DisputeState),
    ],
)
def test_what_was_said_of_a_refund_or_a_dispute_is_in_words(reason):
    assert reason in REASONS
    assert outcome("ignored", reason) == "taken_down"
    assert subject("unknown", reason) == reason.partition(".")[0]


@pytest.mark.parametrize("reason", ["repeat", "mismatch", ""])
def test_what_is_about_the_charge_is_said_as_it_was(reason):
    assert (outcome("ignored", reason), subject("closed", reason)) == ("ignored", "closed")


@pytest.mark.parametrize("state", ["received", "refused"])
def test_what_does_not_fit_is_never_said_to_be_written_down(state):
    assert outcome(state, "dispute.lost") == state
