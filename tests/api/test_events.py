"""Following what happened, by cursor."""

import psycopg
import pytest
from django.db import transaction

from tests.api.client import Api
from tests.api.events import told


def followed(api: Api, **query: str) -> list[str]:
    return [event["id"] for event in api.get("/events", **query).json()["data"]]


def test_a_reader_who_pages_by_cursor_does_not_miss_what_was_held_up(api: Api):
    first, second = told(api.merchant, number=1_001), told(api.merchant, number=1_003)
    page = api.get("/events").json()["data"]
    assert [event["id"] for event in page] == [first.key, second.key]
    held_up = told(api.merchant, number=1_002)
    assert followed(api, cursor=str(page[-1]["number"])) == [held_up.key]


def test_numbers_count_the_callers_own_events(api: Api):
    for _ in range(3):
        told(api.merchant)
    assert [event["number"] for event in api.get("/events").json()["data"]] == [1, 2, 3]


def test_no_place_is_given_before_the_one_before_is_seen(api: Api, database_url: str):
    with transaction.atomic(), psycopg.connect(database_url) as other:
        event = told(api.merchant)
        other.execute("SET lock_timeout = '50ms'")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            other.execute(
                "INSERT INTO webhooks_place (merchant_id, last) VALUES (%s, 1) ON CONFLICT (merchant_id)"
                " DO UPDATE SET last = webhooks_place.last + 1",
                [event.merchant_id],
            )


@pytest.mark.parametrize(("asked", "found"), [("order.paid", 1), ("order.*", 2), ("refund.*", 1), ("*", 3)])
def test_events_are_listed_by_type_or_by_family(api: Api, asked, found):
    for topic in ("order.paid", "order.expired", "refund.succeeded"):
        told(api.merchant, topic)
    assert len(followed(api, type=asked)) == found


@pytest.mark.parametrize("asked", ["order.payed", "nothing.*", "order.", "order"])
def test_a_type_that_is_never_told_of_is_refused_by_name(api: Api, asked):
    answer = api.get("/events", type=asked)
    assert answer.status_code == 400
    assert "type" in answer.json()["errors"]
