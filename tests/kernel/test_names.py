"""Ids, states and problems: the small words that everything else is said in."""

from enum import StrEnum
from uuid import UUID

import pytest

from kernel import clock, ids
from kernel.errors import NotFound, Problem
from kernel.machine import IllegalMove, Machine


class Lamp(StrEnum):
    OFF = "off"
    ON = "on"
    BROKEN = "broken"


LAMP = Machine(start=Lamp.OFF, moves={Lamp.OFF: {Lamp.ON}, Lamp.ON: {Lamp.OFF, Lamp.BROKEN}})


def test_a_name_is_read_back():
    value = ids.new()
    assert ids.decode("ord", ids.encode("ord", value)) == value


def test_ids_made_later_sort_later():
    made = [ids.new() for _ in range(100)]
    assert made == sorted(made)


@pytest.mark.parametrize(
    "text", ["", "ord_", "ord_!!", "pay_01h455vb4pex5vsknk084sn02q", "ord_" + "z" * 26, "x" * 999]
)
def test_a_name_of_another_kind_is_not_found(text):
    with pytest.raises(NotFound):
        ids.decode("ord", text)


def test_a_published_vector_is_written_the_same():
    assert (
        ids.encode("prefix", UUID("01890a5d-ac96-774b-bcce-b302099a8057"))
        == "prefix_01h455vb4pex5vsknk084sn02q"
    )


def test_a_move_in_the_table_is_allowed():
    LAMP.check(Lamp.OFF, Lamp.ON)


def test_a_move_outside_the_table_is_refused_with_both_states():
    with pytest.raises(IllegalMove) as refusal:
        LAMP.check(Lamp.BROKEN, Lamp.ON)
    assert refusal.value.context == {"source": "broken", "target": "on"}


def test_a_state_without_a_row_is_final():
    assert LAMP.is_final(Lamp.BROKEN) and not LAMP.is_final(Lamp.ON)


def test_the_sources_of_a_state_are_known():
    assert LAMP.sources_of(Lamp.BROKEN) == {Lamp.ON}


def test_a_problem_says_its_facts():
    class TooLate(Problem):
        code, status, title = "too_late", 409, "It closed at {closed}; {unknown} stays."

    assert str(TooLate(closed="ten")) == "too_late: It closed at ten; {unknown} stays."


def test_the_clock_knows_its_zone():
    assert clock.now().utcoffset() is not None
