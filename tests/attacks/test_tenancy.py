"""A9: over every address of the dashboard, another merchant's object is not there.

The addresses are read from the table of addresses, so a new one is swept as soon as it exists; one with a
parameter that this test does not know fails it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from kernel import ids
from kernel.actors import SYSTEM
from merchants.models import Invitation, Member, Merchant, StockBatch, StockItem
from merchants.roles import PERMISSIONS, Role
from merchants.scopes import Scope
from merchants.services import api_keys, team
from tests.factories import payments as make
from tests.factories import webhooks
from tests.factories.merchants import MemberFactory, MerchantFactory
from tests.merchants.people import signed_in
from webhooks.bodies import delivery_id

pytestmark = pytest.mark.django_db


def addresses(table: Any = None, before: str = "") -> Iterator[tuple[str, URLPattern]]:
    for entry in (table or get_resolver()).url_patterns:
        path = before + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from addresses(entry, path)
        elif path.startswith("m/<str:merchant>/"):
            yield path, entry


DESK = list(addresses())
WITH_OBJECT = [path for path, _ in DESK if path.count("<") > 1]


@dataclass(frozen=True)
class Tenant:
    """A merchant with one of everything."""

    merchant: Merchant
    owner: Member
    objects: dict[str, str]

    def at(self, path: str, merchant: Merchant | None = None) -> str:
        """The address with this tenant's objects; under another merchant's name if one is given."""
        known = {**self.objects, "merchant": (merchant or self.merchant).key}
        for name, key in known.items():
            path = path.replace(f"<str:{name}>", key)
        assert "<" not in path, f"{path}: say in tests/attacks/test_tenancy.py what this parameter is"
        return f"/{path}"


def tenant() -> Tenant:
    merchant = MerchantFactory.create()
    owner = MemberFactory.create(merchant=merchant)
    shop = make.shop(3, merchant=merchant)
    order = make.paid(shop)
    batch = StockBatch.objects.filter(merchant=merchant)[0]
    team.invite(merchant, "x@example.com", Role.VIEWER, by=owner.user, actor=SYSTEM)
    endpoint = webhooks.endpoint("https://8.8.8.8/hook", merchant_id=merchant.pk)
    event = webhooks.event(endpoint)
    webhooks.tell(event)
    objects = {
        "endpoint": endpoint.key,
        "event": ids.encode("evt", event.id),
        "delivery": ids.encode("whd", delivery_id(event.id, endpoint.pk)),
        "product": shop.product.key,
        "store": shop.product.store.key,
        "order": order.key,
        "batch": batch.key,
        "item": StockItem.objects.filter(batch=batch, state="available")[0].key,
        "member": owner.key,
        "key": api_keys.create(merchant, "key", [Scope.ORDERS_READ], actor=SYSTEM)[0].key,
        "invitation": Invitation.objects.get(merchant=merchant).key,
    }
    return Tenant(merchant, owner, objects)


@pytest.fixture
def mine() -> Tenant:
    return tenant()


@pytest.fixture
def theirs() -> Tenant:
    return tenant()


def both(client: Client, address: str) -> set[int]:
    """What GET and POST answer, except that the method is wrong."""
    return {client.get(address).status_code, client.post(address).status_code} - {405}


def test_there_is_something_to_sweep():
    assert len(DESK) > 25


@pytest.mark.parametrize("path", [path for path, _ in DESK])
def test_another_merchants_desk_is_not_there(mine: Tenant, theirs: Tenant, path: str):
    assert both(signed_in(mine.owner.user), theirs.at(path)) == {404}


@pytest.mark.parametrize("path", WITH_OBJECT)
def test_another_merchants_object_is_not_there_under_ones_own_name(mine: Tenant, theirs: Tenant, path: str):
    assert both(signed_in(mine.owner.user), theirs.at(path, mine.merchant)) == {404}


@pytest.mark.parametrize("path", WITH_OBJECT)
def test_a_missing_object_looks_the_same(mine: Tenant, path: str):
    made_up = {name: ids.encode(key.split("_")[0], ids.new()) for name, key in mine.objects.items()}
    nobody = Tenant(mine.merchant, mine.owner, made_up)
    assert both(signed_in(mine.owner.user), nobody.at(path)) == {404}


@pytest.mark.parametrize("path", WITH_OBJECT)
def test_nonsense_in_an_address_is_not_there(mine: Tenant, path: str):
    nonsense = Tenant(mine.merchant, mine.owner, dict.fromkeys(mine.objects, "' OR 1=1 --"))
    assert both(signed_in(mine.owner.user), nonsense.at(path)) == {404}


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize(("path", "entry"), DESK, ids=[path for path, _ in DESK])
def test_every_page_asks_for_its_permission(mine: Tenant, path: str, entry: URLPattern, role: Role):
    member = MemberFactory.create(merchant=mine.merchant, role=role)
    answers = both(signed_in(member.user), mine.at(path))
    permission = permission_of(entry)
    assert (answers == {403}) is (permission not in PERMISSIONS[role])


@pytest.mark.parametrize("path", [path for path, _ in DESK])
def test_nobody_comes_in_without_signing_in(mine: Tenant, path: str):
    assert both(Client(), mine.at(path)) == {302}


@pytest.mark.parametrize("path", [path for path, _ in DESK])
def test_reading_a_page_changes_nothing(mine: Tenant, path: str):
    client = signed_in(mine.owner.user)
    before = counts()
    client.get(mine.at(path))
    assert counts() == before


@pytest.mark.parametrize("path", [path for path, _ in DESK])
def test_every_form_needs_its_token(mine: Tenant, path: str):
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = signed_in(mine.owner.user).cookies
    assert strict.post(mine.at(path)).status_code in (403, 405)


def permission_of(entry: URLPattern) -> Any:
    view = entry.callback
    while not hasattr(view, "permission"):
        view = getattr(view, "__wrapped__", None) or PROTECTED[view.__name__]
    return view.permission


def counts() -> list[Any]:
    from audit.models import AuditRow
    from outbox.models import Event

    states = StockItem.objects.order_by("id").values_list("state", flat=True)
    return [AuditRow.objects.count(), Event.objects.count(), list(states), Member.objects.count()]


from merchants.pages import imports  # noqa: E402

PROTECTED = {"upload": imports._upload}
