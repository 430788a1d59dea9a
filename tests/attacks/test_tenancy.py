"""A9: over every address of the dashboard, another merchant's object is not there.

The addresses are read from the table of addresses, so a new one is swept as soon as it exists; one with a
parameter that this test does not know fails it. Each test sweeps them all and names those that are wrong.
"""

from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern

from audit.models import AuditRow
from merchants.models import Member, Merchant, StockItem
from merchants.pages import imports
from merchants.roles import PERMISSIONS, Role
from outbox.models import Event
from settlement.models import BankAccount, Payout
from tests.attacks.tenants import Tenant, addresses, sweep
from tests.factories.merchants import MemberFactory
from tests.merchants.people import signed_in
from webhooks.models import Endpoint

pytestmark = pytest.mark.django_db

DESK = {path: entry for path, entry in addresses() if path.startswith("m/<str:merchant>/")}
WITH_OBJECT = [path for path in DESK if path.count("<") > 1]

PROTECTED = {"upload": imports._upload}
"""Views whose permission stands behind another door."""


def at(tenant: Tenant, path: str, merchant: Merchant | None = None) -> str:
    """The address with this tenant's objects; under another merchant's name if one is given."""
    for name, key in {**tenant.objects, "merchant": (merchant or tenant.merchant).key}.items():
        path = path.replace(f"<str:{name}>", key)
    assert "<" not in path, f"{path}: say in tests/attacks/tenants.py what this parameter is"
    return f"/{path}"


def both(client: Client, address: str) -> set[int]:
    """What GET and POST answer, except that the method is wrong."""
    return {client.get(address).status_code, client.post(address).status_code} - {405}


def all_of(paths: Any, answer: Any) -> dict[str, Any]:
    return dict.fromkeys(paths, answer)


def test_there_is_something_to_sweep():
    assert len(DESK) > 50


def test_another_merchants_desk_is_not_there(mine: Tenant, theirs: Tenant):
    me = signed_in(mine.owner.user)
    assert sweep(DESK, lambda path: both(me, at(theirs, path))) == all_of(DESK, {404})


def test_another_merchants_object_is_not_there_under_ones_own_name(mine: Tenant, theirs: Tenant):
    me = signed_in(mine.owner.user)
    answers = sweep(WITH_OBJECT, lambda path: both(me, at(theirs, path, mine.merchant)))
    assert answers == all_of(WITH_OBJECT, {404})


def test_a_missing_object_looks_the_same(mine: Tenant):
    me = signed_in(mine.owner.user)
    answers = sweep(WITH_OBJECT, lambda path: both(me, at(mine.made_up(), path)))
    assert answers == all_of(WITH_OBJECT, {404})


def test_nonsense_in_an_address_is_not_there(mine: Tenant):
    me = signed_in(mine.owner.user)
    answers = sweep(WITH_OBJECT, lambda path: both(me, at(mine.talking_nonsense(), path)))
    assert answers == all_of(WITH_OBJECT, {404})


@pytest.mark.parametrize("role", list(Role))
def test_every_page_asks_for_its_permission(mine: Tenant, role: Role):
    me = signed_in(MemberFactory.create(merchant=mine.merchant, role=role).user)
    refused = sweep(DESK, lambda path: both(me, at(mine, path)) == {403})
    assert refused == {path: permission_of(entry) not in PERMISSIONS[role] for path, entry in DESK.items()}


def test_nobody_comes_in_without_signing_in(mine: Tenant):
    nobody = Client()
    assert sweep(DESK, lambda path: both(nobody, at(mine, path))) == all_of(DESK, {302})


def test_reading_a_page_changes_nothing(mine: Tenant):
    me = signed_in(mine.owner.user)
    before = counts()

    def read(path: str) -> list[Any]:
        me.get(at(mine, path))
        return counts()

    assert sweep(DESK, read) == all_of(DESK, before)


def permission_of(entry: URLPattern) -> Any:
    view: Any = entry.callback
    while not hasattr(view, "permission"):
        view = getattr(view, "__wrapped__", None) or PROTECTED[view.__name__]
    return view.permission


def counts() -> list[Any]:
    """How much there is of what a page could change."""
    states = StockItem.objects.order_by("id").values_list("state", flat=True)
    many = [each.objects.count() for each in (AuditRow, Event, Member, Payout, BankAccount, Endpoint)]
    return [*many, list(states)]
