"""Races at the buyers' door, with real threads on real connections."""

from collections import Counter

import pytest

from buyers import consents
from buyers.errors import CodeGone, WrongCode
from buyers.models import Buyer, Consent
from buyers.models.code import MOST_TRIES
from buyers.services import sign_in
from kernel import clock, ids
from tests.factories import buyers as make
from tests.ledger.threads import together

pytestmark = pytest.mark.django_db(transaction=True)

EMAIL = "bai@example.com"
KIND = consents.declare(consents.Kind("test.race", 1, "Payment", "Words."))


def enter(code_id, code, n):
    return lambda: sign_in.finish(code_id, code, language="en", asker=str(n))


def test_a_code_that_many_enter_at_once_signs_in_once():
    code_id = sign_in.ask(EMAIL, language="en", asker="x")
    code = make.mailed(EMAIL)
    given = together([enter(code_id, code, n) for n in range(5)])
    assert Counter(type(each) for each in given) == {Buyer: 1, CodeGone: 4}


def test_guessing_at_once_gains_no_try():
    code_id = sign_in.ask(EMAIL, language="en", asker="x")
    wrong = make.wrong(make.mailed(EMAIL))
    given = together([enter(code_id, wrong, n) for n in range(20)])
    assert Counter(type(each) for each in given) == {WrongCode: MOST_TRIES, CodeGone: 20 - MOST_TRIES}


def test_agreeing_at_once_makes_one_consent():
    subject, at = ("x", ids.new()), clock.now()
    given = together([lambda: consents.agree(b"k" * 16, KIND.name, "en", {}, subject, at) for _ in range(12)])
    assert {each.pk for each in given} == {Consent.objects.get().pk}
