"""The auditor of memberships sees what guards would have refused: each is broken once, guards off."""

import pytest
from django.db import connection

from ledger import auditor
from merchants.membership_invariants import MEMBERSHIPS
from tests.factories.memberships import granted, on_shelf, opened

pytestmark = pytest.mark.django_db

BREAKS = {
    "merchants.entitlements_end_with_grants": "UPDATE merchants_entitlement SET ends_at = ends_at + '1 s'",
    "merchants.grants_apart": "UPDATE merchants_entitlementgrant SET ends_at = ends_at + interval '1 s'",
    "merchants.entitlements_agree": "UPDATE merchants_entitlement SET book = 'sandbox'",
    "merchants.plans_are_published": "UPDATE merchants_planversion SET published_at = NULL",
    "merchants.versions_are_priced": "UPDATE merchants_planprice SET currency = 'USD'",
    "merchants.memberships_cost_their_first_plan": "UPDATE merchants_product SET price = price + 1",
}


@pytest.fixture(autouse=True)
def club() -> None:
    """A membership on the shelf, with a member for two periods and one that has none yet."""
    product = on_shelf()
    entitlement = opened(product)
    granted(entitlement, days=30)
    granted(entitlement, days=30, after=entitlement.ends_at - entitlement.starts_at)
    opened(product)


def offences() -> list[str]:
    """The codes of the invariants that rows break."""
    return [each.code for each in MEMBERSHIPS if not auditor.check(each).holds]


def test_every_invariant_is_broken_once():
    assert {invariant.code for invariant in MEMBERSHIPS} == set(BREAKS)


def test_nothing_offends_in_a_lawful_club():
    assert offences() == []


@pytest.mark.parametrize("code", BREAKS)
def test_the_auditor_sees_the_break(code: str):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(BREAKS[code])
    assert code in offences()
