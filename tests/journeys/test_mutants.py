"""A machine that never notices anything proves nothing: it must notice each of these mistakes, as itself."""

import re

import pytest

from tests.journeys.mutants import MUTANTS, words_of

pytestmark = pytest.mark.django_db(transaction=True)

# The others take longer than a pull request should wait.
QUICK = ("no seal", "legs in two inserts", "keys are read, then written", "no unique notice")
OTHERS = [pytest.param(name, marks=pytest.mark.long) for name in MUTANTS if name not in QUICK]


@pytest.mark.parametrize("name", [*QUICK, *OTHERS])
def test_a_mistake_is_noticed(name, tmp_path):
    words = words_of(MUTANTS[name], tmp_path)
    assert re.search(MUTANTS[name].sign, words), words[-8000:]
