"""When to try again: pure figures."""

from datetime import UTC, datetime, timedelta

import pytest

from kernel import ids
from webhooks import schedule
from webhooks.schedule import ATTEMPTS, PAUSES, judge, retry_after

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def judged(status, attempts=1, wait=None):
    return judge(status, attempts=attempts, delivery=ids.new(), retry_after=wait)


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_every_two_hundred_is_an_acknowledgement(status):
    assert judged(status).accepted


@pytest.mark.parametrize("status", [None, 199, 301, 302, 307, 308, 400, 404, 429, 500, 503])
def test_anything_else_is_tried_again(status):
    verdict = judged(status)
    assert (verdict.accepted, verdict.gone) == (False, False)
    assert verdict.again_after is not None


def test_the_attempts_are_ten_over_three_days():
    assert ATTEMPTS == 10
    assert sum(PAUSES, timedelta()) == timedelta(seconds=272_105)


@pytest.mark.parametrize(("attempt", "pause"), list(enumerate(PAUSES, start=1)))
def test_a_pause_is_up_to_a_fifth_longer_and_never_shorter(attempt, pause):
    drawn = [judged(500, attempt).again_after for _ in range(200)]
    assert pause <= min(drawn) < max(drawn) <= pause * 1.2
    assert len(set(drawn)) > 50


def test_after_the_tenth_attempt_it_is_given_up():
    assert judged(500, 10).again_after is None


def test_410_ends_it_at_once():
    assert judged(410).gone


@pytest.mark.parametrize("status", [429, 503])
def test_a_busy_receiver_says_how_long_to_wait(status):
    verdict = judged(status, wait=timedelta(hours=1))
    assert verdict.again_after == verdict.hold == timedelta(hours=1)


def test_the_schedule_is_not_shortened_by_a_receiver():
    assert judged(429, 5, timedelta(seconds=1)).again_after >= PAUSES[4]


def test_nobody_holds_an_endpoint_for_longer_than_a_day():
    assert judged(429, wait=timedelta(days=400)).hold == timedelta(days=1)


def test_a_wait_beside_another_status_means_nothing():
    assert judged(500, wait=timedelta(hours=1)).hold is None


@pytest.mark.parametrize(
    ("header", "wait"),
    [
        ("120", timedelta(seconds=120)),
        (" 7 ", timedelta(seconds=7)),
        ("Sun, 22 Nov 2026 12:05:00 GMT", timedelta(minutes=5)),
        ("Sun, 22 Nov 2026 11:05:00 GMT", None),
        ("99999999999999999999", schedule.LONGEST_WAIT),
        ("-5", None),
        ("soon", None),
        ("٣", None),
        ("", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(header, wait):
    assert retry_after(header, now=NOW) == wait
