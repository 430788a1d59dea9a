"""The sandbox's clock by API."""

from datetime import timedelta
from typing import Any

import pytest

from audit.models import AuditRow
from kernel import clock
from merchants.roles import Role
from merchants.scopes import Scope, grantable
from tests.api.client import Api, api_of
from tests.factories import payments as make
from tests.factories.merchants import MerchantFactory

pytestmark = pytest.mark.django_db

DAY = 86_400


@pytest.fixture
def api() -> Api:
    return api_of(make.sandbox_shop().merchant)


def test_the_clock_says_what_it_shows_and_what_waits():
    shop = make.sandbox_shop()
    order = make.place(shop)
    answer = api_of(shop.merchant).get("/sandbox/clock")
    assert (answer.status_code, answer.json()["ahead_seconds"]) == (200, 0)
    due = [each["at"] for each in answer.json()["coming"] if each["kind"] == "order.expires"]
    assert due == [order.expires_at.isoformat(timespec="milliseconds").replace("+00:00", "Z")]


def test_it_is_advanced_by_seconds_once_a_key(api: Api):
    for _ in range(2):
        answer = api.post("/sandbox/clock", {"advance_seconds": DAY}, idem="a-day")
    assert (answer.status_code, answer.json()["ahead_seconds"]) == (200, DAY)
    api.merchant.refresh_from_db()
    assert api.merchant.clock_ahead == timedelta(days=1)
    assert AuditRow.objects.get(action="merchant.clock_advanced").actor_kind == "api_key"


def test_it_is_set_to_a_time(api: Api):
    to = clock.now() + timedelta(days=400)
    answer = api.post("/sandbox/clock", {"to": to.isoformat()})
    assert 400 * DAY - 60 < answer.json()["ahead_seconds"] <= 400 * DAY


@pytest.mark.parametrize(
    ("body", "refusal"),
    [
        ({}, (400, "invalid")),
        ({"advance_seconds": 1, "to": "2099-01-01T00:00:00Z"}, (400, "invalid")),
        ({"advance_seconds": 0}, (400, "invalid")),
        ({"advance_seconds": -DAY}, (400, "invalid")),
        ({"to": "2020-01-01T00:00:00Z"}, (409, "merchants.clock_behind")),
        ({"to": "8999-01-01T00:00:00Z"}, (409, "merchants.clock_too_far")),
    ],
)
def test_what_makes_no_sense_is_refused(api: Api, body: Any, refusal: tuple[int, str]):
    answer = api.post("/sandbox/clock", body)
    assert (answer.status_code, answer.json()["code"]) == refusal
    api.merchant.refresh_from_db()
    assert not api.merchant.clock_ahead


def test_a_live_key_moves_no_clock():
    api = api_of(MerchantFactory.create())
    for answer in (api.get("/sandbox/clock"), api.post("/sandbox/clock", {"advance_seconds": 1})):
        assert (answer.status_code, answer.json()["code"]) == (403, "merchants.sandbox_only")


def test_a_live_key_is_not_offered_the_right():
    assert Scope.SANDBOX_WRITE not in grantable(Role.OWNER, is_sandbox=False)
    assert Scope.SANDBOX_WRITE in grantable(Role.VIEWER, is_sandbox=True)
