"""A twin's clock: it goes forward only, within bounds, and its page."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from audit.models import AuditRow
from kernel import clock
from kernel.actors import SYSTEM
from kernel.errors import Problem
from merchants.errors import ClockBehind, ClockTooFar
from merchants.forms.clock import StepForm
from merchants.models import Merchant
from merchants.roles import Role
from merchants.services import merchants
from tests.factories import payments
from tests.factories.merchants import MemberFactory, TwinFactory
from tests.merchants.people import signed_in

pytestmark = pytest.mark.django_db

NOW = datetime(2027, 1, 31, 4, tzinfo=UTC)


@pytest.fixture
def twin() -> Merchant:
    made: Merchant = TwinFactory.create()
    return made


@pytest.fixture
def desk(twin: Merchant) -> Any:
    """The browser of a developer of the team."""
    return signed_in(MemberFactory.create(merchant=twin.twin_of, role=Role.DEVELOPER).user)


def page(merchant: Merchant) -> str:
    return f"/m/{merchant.key}/developers/clock/"


def ahead(twin: Merchant) -> timedelta:
    twin.refresh_from_db()
    found: timedelta = twin.clock_ahead
    return found


def test_a_clock_is_set_to_a_time(twin: Merchant):
    with time_machine.travel(NOW, tick=False):
        merchants.set_clock(twin, NOW + timedelta(days=3), actor=SYSTEM)
        assert clock.now(twin) == NOW + timedelta(days=3)


@pytest.mark.parametrize(
    ("to", "refusal"),
    [
        (NOW, ClockBehind),
        (NOW - timedelta(seconds=1), ClockBehind),
        (datetime(2047, 3, 1, tzinfo=UTC), ClockTooFar),
        (datetime(8999, 1, 1, tzinfo=UTC), ClockTooFar),
    ],
)
def test_a_clock_goes_neither_back_nor_beyond_its_bound(twin: Merchant, to: datetime, refusal: type[Problem]):
    with time_machine.travel(NOW, tick=False), pytest.raises(refusal):
        merchants.set_clock(twin, to, actor=SYSTEM)
    assert ahead(twin) == timedelta()


def test_moving_a_clock_leaves_an_audit_row(twin: Merchant):
    merchants.advance_clock(twin, timedelta(hours=2), actor=SYSTEM)
    row = AuditRow.objects.get(action="merchant.clock_advanced")
    assert (row.subject_id, row.facts) == (twin.pk, {"seconds": 7_200})


@pytest.mark.parametrize(
    ("by", "later"),
    [
        ("hour", timedelta(hours=1)),
        ("day", timedelta(days=1)),
        ("week", timedelta(days=7)),
        ("month", timedelta(days=28)),  # the end of February
    ],
)
def test_a_step_is_one_of_the_merchants_calendar(twin: Merchant, by: str, later: timedelta):
    form = StepForm({"by": by})
    assert form.is_valid()
    with time_machine.travel(NOW, tick=False):
        assert form.end(twin) - NOW == later


def test_a_button_moves_it_by_a_step(twin: Merchant, desk: Any):
    assert desk.post(page(twin), {"by": "day"}).status_code == 302
    assert timedelta(hours=23, minutes=59) < ahead(twin) <= timedelta(days=1)


def test_a_typed_time_is_one_of_the_merchants_zone(twin: Merchant, desk: Any):
    desk.post(page(twin), {"to": "2044-01-31T13:30"})
    twin.refresh_from_db()
    assert timedelta() <= clock.now(twin) - datetime(2044, 1, 31, 5, 30, tzinfo=UTC) < timedelta(minutes=1)


def test_a_time_that_is_over_is_refused_beside_its_field(twin: Merchant, desk: Any):
    answer = desk.post(page(twin), {"to": "2020-01-01T00:00"}, HTTP_ACCEPT_LANGUAGE="en")
    assert "it never goes back" in answer.content.decode()
    assert ahead(twin) == timedelta()


def test_the_page_leads_to_what_comes_next():
    shop = payments.sandbox_shop()
    desk = signed_in(MemberFactory.create(merchant=shop.merchant.twin_of, role=Role.DEVELOPER).user)
    order = payments.place(shop)
    answer = desk.get(page(shop.merchant), HTTP_ACCEPT_LANGUAGE="en").content.decode()
    assert "An unpaid order runs out" in answer
    (to,) = re.findall(r'name="to" value="([^"]+)"', answer)
    desk.post(page(shop.merchant), {"to": to})
    assert clock.now(Merchant.objects.get(pk=shop.merchant.pk)) >= order.expires_at


def test_a_live_merchant_has_no_such_page(twin: Merchant, desk: Any):
    assert desk.get(page(twin.twin_of)).status_code == 404
    assert desk.post(page(twin.twin_of), {"by": "day"}).status_code == 404


@pytest.mark.parametrize("role", [Role.STAFF, Role.SUPPORT, Role.FINANCE, Role.VIEWER])
def test_who_may_not_move_it_is_told_so(twin: Merchant, role: Role):
    client = signed_in(MemberFactory.create(merchant=twin.twin_of, role=role).user)
    assert client.post(page(twin), {"by": "day"}).status_code == 403
    assert ahead(twin) == timedelta()
