"""Period ends: a chain without gap or overlap, and no sale is missed or refused for it."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import IntegrityError, connection, transaction

from kernel import clock
from kernel.books import Book
from kernel.money import Money
from ledger import balances, closes, posting, tasks
from ledger.models import Close
from tests.factories.ledger import key, paid_out, sold
from tests.ledger import raw

pytestmark = pytest.mark.django_db(transaction=True)

MICROSECOND = timedelta(microseconds=1)
DAY = timedelta(days=1)


def test_a_close_holds_the_balance(merchant):
    upto = clock.now()
    assert closes.close([raw.number_of(merchant)], upto) == closes.Closed(1, ())
    row = Close.objects.get()
    assert (row.upto, row.previous, row.balance) == (upto, None, -1000)


def test_a_close_follows_the_one_before(merchant):
    first = clock.now()
    closes.close([raw.number_of(merchant)], first)
    with transaction.atomic():
        posting.post(sold(merchant, 500))
    second = clock.now()
    closes.close([raw.number_of(merchant)], second)
    assert list(Close.objects.order_by("upto").values_list("previous", "balance")) == [
        (None, -1000),
        (first, -1500),
    ]


def test_what_is_pending_is_not_closed(merchant):
    with transaction.atomic():
        posting.post(sold(merchant, 500, clock.now() + DAY))
    closes.close([raw.number_of(merchant)], clock.now())
    assert Close.objects.get().balance == -1000
    assert balances.of(merchant) == balances.Balance(Money(1000, "CNY"), Money(500, "CNY"))


def test_closing_again_changes_nothing(merchant):
    upto = clock.now()
    closes.close([raw.number_of(merchant)], upto)
    assert closes.close([raw.number_of(merchant)], upto) == closes.Closed(0, ())
    assert closes.close([raw.number_of(merchant)], upto - DAY) == closes.Closed(0, ())
    assert Close.objects.count() == 1


def test_balances_before_and_after_a_close_are_the_same(merchant):
    with transaction.atomic():
        posting.post(paid_out(merchant, 300))
    at = clock.now()
    before = balances.of(merchant, at=at)
    closes.close([raw.number_of(merchant)], at)
    assert balances.of(merchant, at=at) == before


def test_a_live_account_is_not_closed_ahead(merchant):
    with pytest.raises(IntegrityError, match="only the past is closed"):
        closes.close([raw.number_of(merchant)], clock.now() + DAY)
    assert not Close.objects.exists()


def test_a_twins_account_is_closed_on_its_own_clock():
    twin, ahead = key(book=Book.SANDBOX), clock.now() + 30 * DAY
    with transaction.atomic():
        posting.post(sold(twin, 1000, occurred_at=ahead))
    closes.close([raw.number_of(twin)], ahead)
    assert Close.objects.get().balance == -1000


def test_a_balance_that_somebody_writes_is_not_believed(merchant):
    raw.close(raw.number_of(merchant), clock.now(), balance=-999_999)
    assert Close.objects.get().balance == -1000


@pytest.fixture
def closed_twice(merchant):
    """Two closes of one account: their times."""
    times = [clock.now(), clock.now() + MICROSECOND]
    closes.close([raw.number_of(merchant)], times[0])
    closes.close([raw.number_of(merchant)], times[1])
    return times


@pytest.mark.parametrize(
    ("rule", "upto", "previous"),
    [
        ("ledger_close_pkey", 1, 0),
        ("ledger_close_previous_once", 2, 0),
        ("ledger_close_previous_once", 2, None),
        ("ledger_close_previous", 3, 2),
        ("ledger_close_forward", 1, 1),
        ("ledger_close_forward", 0, 1),
    ],
    ids=["the same end", "a fork", "a second beginning", "a gap", "no length", "backwards"],
)
def test_a_close_that_does_not_follow_the_last_is_refused(merchant, closed_twice, rule, upto, previous):
    times = [*closed_twice, *(closed_twice[1] + step * MICROSECOND for step in (1, 2))]
    before = times[previous] if previous is not None else None
    with pytest.raises(IntegrityError) as refusal:
        raw.close(raw.number_of(merchant), times[upto], before)
    assert raw.rule_of(refusal.value) == rule


def test_a_close_in_between_is_refused(merchant):
    number, times = raw.number_of(merchant), [clock.now() - step * DAY for step in (3, 2, 1)]
    closes.close([number], times[0])
    closes.close([number], times[2])
    with pytest.raises(IntegrityError) as refusal:
        raw.close(number, times[1], times[0])
    assert raw.rule_of(refusal.value) == "ledger_close_previous_once"


def test_closing_takes_at_most_a_batch_of_locks_at_once():
    with transaction.atomic():
        posting.post_many([sold(key(), 1) for _ in range(closes.BATCH + 50)])
    held = []

    def watch(execute, sql, params, many, context):
        result = execute(sql, params, many, context)
        with context["connection"].connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()"
            )
            held.append(cursor.fetchone()[0])
        return result

    with connection.execute_wrapper(watch):
        result = closes.close_due(clock.now())
    assert result == closes.Closed(2 * closes.BATCH + 100, ())
    assert max(held) == closes.BATCH


def test_only_accounts_on_which_something_came_are_due(merchant):
    upto = clock.now()
    assert sorted(closes.due(upto)) == sorted(
        raw_id for (raw_id,) in raw.run("SELECT id FROM ledger_account")
    )
    closes.close_due(upto)
    assert closes.due(clock.now()) == []


def test_the_day_is_closed_where_the_bank_works(merchant, settings):
    with transaction.atomic():
        posting.post(sold(merchant, 50, occurred_at=clock.now() - 2 * DAY))
    assert tasks.close_yesterday() == 2
    close = Close.objects.get(account=raw.number_of(merchant))
    assert close.balance == -50
    assert (close.upto + MICROSECOND).astimezone(
        ZoneInfo(settings.TIME_ZONE)
    ).time().isoformat() == "00:00:00"
