"""Why a download failed: what pip and npm really say, and the sentence that a person gets."""

import pytest

from workshop.download import reason

SAYINGS = {
    "ERROR: Could not install packages: [Errno 28] No space left on device": "the disk is full",
    "npm error code ENOSPC\nnpm error nospc write": "the disk is full",
    "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE FILE.": "differs from its locked hash",
    "npm error code EINTEGRITY": "differs from its locked hash",
    "WARNING: Retrying after connection broken by 'NewConnectionError'\n"
    "ERROR: No matching distribution found for amqp==5.4.2": "the download broke off",
    "npm error code EAI_AGAIN": "the download broke off",
    "ERROR: No matching distribution found for amqp==5.4.2": "does not have amqp==5.4.2",
    "npm error code SELF_SIGNED_CERT_IN_CHAIN\nnpm error A complete log of this run": "certificate",
    "npm error something new\nnpm error A complete log of this run can be found": "something new",
    "": "no reason was given",
}


@pytest.mark.parametrize(("said", "told"), SAYINGS.items())
def test_a_failure_is_told_in_plain_words(said, told):
    assert told in reason(said)


@pytest.mark.parametrize("said", SAYINGS)
def test_the_words_fit_into_a_sentence(said):
    assert "\n" not in reason(said)
    assert not reason(said).endswith(".")
