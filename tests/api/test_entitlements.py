"""Entitlements by API: what the seller's own software asks."""

from datetime import timedelta
from typing import Any

import pytest

from buyers.keys import email_key
from kernel import clock
from merchants.models import Entitlement
from merchants.services import entitlements
from merchants.states import EntitlementState
from tests.api.client import Api
from tests.factories import payments as make
from tests.factories.memberships import granted, membership, opened

DAY = timedelta(days=1)


@pytest.fixture
def entitlement(shop: make.Shop) -> Entitlement:
    """A membership of somebody's, granted for 30 days."""
    found = opened(membership(store=shop.product.store), buyer_key=email_key("zoe@example.com"), quantity=3)
    granted(found)
    return found


def test_a_key_says_how_its_membership_stands(api: Api, entitlement: Entitlement):
    shown = api.get(f"/entitlements/{entitlement.key}").json()
    assert (shown["id"], shown["state"], shown["is_on"]) == (entitlement.name, "active", True)
    assert (shown["product"], shown["quantity"], shown["grace_until"]) == (entitlement.product.key, 3, None)
    assert "key" not in shown


def test_its_name_does_so_too(api: Api, entitlement: Entitlement):
    by_name = api.get(f"/entitlements/{entitlement.name}").json()
    assert by_name == api.get(f"/entitlements/{entitlement.key}").json()


def test_what_was_taken_back_is_off_for_good(api: Api, entitlement: Entitlement):
    entitlements.close([entitlement.pk], at=clock.now(), reason="refunded")
    shown = api.get(f"/entitlements/{entitlement.key}").json()
    assert (shown["state"], shown["is_on"]) == ("revoked", False)


def test_an_unknown_key_is_not_there(api: Api, entitlement: Entitlement):
    assert api.get(f"/entitlements/{entitlement.key[:-1]}").status_code == 404


def test_who_knows_the_answer_gets_none(api: Api, entitlement: Entitlement):
    first = api.get(f"/entitlements/{entitlement.key}")
    again = api.call("GET", f"/entitlements/{entitlement.key}", HTTP_IF_NONE_MATCH=first.headers["ETag"])
    assert (again.status_code, again.content) == (304, b"")


def test_a_change_is_an_answer_again(api: Api, entitlement: Entitlement):
    tag = api.get(f"/entitlements/{entitlement.key}").headers["ETag"]
    entitlements.close([entitlement.pk], at=clock.now(), reason="refunded")
    again = api.call("GET", f"/entitlements/{entitlement.key}", HTTP_IF_NONE_MATCH=tag)
    assert again.status_code == 200


def listed(api: Api, query: str) -> list[Any]:
    return [row["id"] for row in api.get(f"/entitlements?{query}").json()["data"]]


def test_they_are_listed_by_buyer_product_and_state(api: Api, entitlement: Entitlement):
    mine = [entitlement.name]
    assert listed(api, "email=Zoe@example.com") == mine
    assert listed(api, "email=zoe@example.org") == []
    assert listed(api, f"product={entitlement.product.key}&state=active") == mine


@pytest.mark.parametrize("days", [-1, 0, 29, 30, 32, 33])
def test_the_list_and_the_check_agree_on_every_state(entitlement: Entitlement, days: int):
    entitlements.grace([(entitlement.pk, entitlement.ends_at + 3 * DAY)])
    entitlement.refresh_from_db()
    now = entitlement.starts_at + days * DAY
    states = [state for state in EntitlementState if Entitlement.objects.standing(state, now).exists()]
    assert states == [entitlement.state(now)]
