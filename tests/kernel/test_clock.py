"""The clock, and a past that is told afterwards."""

from datetime import UTC, datetime, timedelta

from kernel import clock, ids

LONG_AGO = datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC)


def test_what_is_told_is_the_time_and_ends():
    with clock.telling(LONG_AGO):
        assert clock.now() == LONG_AGO
    assert clock.now() - LONG_AGO > timedelta(days=1)


def test_a_name_made_in_a_told_moment_bears_it():
    with clock.telling(LONG_AGO):
        name = ids.new()
    assert name.int >> 80 == int(LONG_AGO.timestamp() * 1000)
    assert name.version == 7
