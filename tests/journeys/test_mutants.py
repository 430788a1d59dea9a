"""A machine that never notices anything proves nothing: it must notice each of these mistakes, as itself."""

import re

import pytest

from tests.journeys.membership_mutants import MEMBERSHIPS
from tests.journeys.mutants import MUTANTS, words_of
from tests.journeys.settled_mutants import SETTLED
from tests.processes import ROOT

pytestmark = pytest.mark.django_db(transaction=True)

# The others take longer than a pull request should wait.
QUICK = (
    *("no seal", "legs in two inserts", "keys are read, then written", "no unique notice"),
    *("one person approves twice", "revenue is not written down"),
)
ALL = MUTANTS | SETTLED | MEMBERSHIPS
OTHERS = [pytest.param(name, marks=pytest.mark.long) for name in ALL if name not in QUICK]

CHANGES = [
    pytest.param(name, each, id=f"{name}: {each.where}") for name, one in ALL.items() for each in one.code
]


@pytest.mark.parametrize(("name", "change"), CHANGES)
def test_what_a_mistake_is_put_in_the_place_of_stands_there(name, change):
    assert (ROOT / change.where).read_text().count(change.old) == 1, name


@pytest.mark.parametrize("name", [*QUICK, *OTHERS])
def test_a_mistake_is_noticed(name, tmp_path):
    words = words_of(ALL[name], tmp_path)
    assert re.search(ALL[name].sign, words), words[-8000:]
