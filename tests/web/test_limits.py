"""How often somebody may do something, counted in the database."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from web import limits
from web.limits import TooOften
from web.models import Tally

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def _taken(times, whom="somebody", what="mail"):
    for _ in range(times):
        limits.take(what, whom, most=3, per=HOUR)


def test_up_to_the_limit_everything_passes():
    _taken(3)
    assert Tally.objects.get().count == 3


def test_beyond_the_limit_it_is_refused_with_the_seconds_left():
    with time_machine.travel(NOON, tick=False):
        _taken(3)
        with pytest.raises(TooOften) as refusal:
            _taken(1)
    assert refusal.value.context == {"seconds": 3600}


def test_the_window_opens_again():
    with time_machine.travel(NOON, tick=False):
        _taken(3)
    with time_machine.travel(NOON + HOUR, tick=False):
        _taken(3)
        assert Tally.objects.get().count == 3


def test_one_persons_tries_do_not_count_for_another():
    _taken(3)
    _taken(3, whom="somebody else")


def test_one_matters_tries_do_not_count_for_another():
    _taken(3)
    _taken(3, what="look-up")


def test_a_row_does_not_tell_who_was_counted():
    _taken(1, whom="198.51.100.7")
    assert b"198.51.100.7" not in bytes(Tally.objects.get().key)
