"""Entitlements hold from the first grant to the last, and say so at any moment."""

from datetime import datetime, timedelta

import pytest
from django.db import DatabaseError, connection, transaction

from kernel import clock, ids
from kernel.actors import SYSTEM
from kernel.errors import NotFound
from merchants.errors import ReasonMissing
from merchants.models import Entitlement, EntitlementGrant
from merchants.services import entitlement_checks, entitlements, merchants
from merchants.services.entitlements import Grant
from merchants.states import EntitlementState, GrantKind
from outbox.models import Event
from tests.factories.memberships import granted, membership, opened
from tests.factories.merchants import MerchantFactory, ProductFactory, StoreFactory, TwinFactory

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


@pytest.fixture
def entitlement() -> Entitlement:
    """Opened, with nothing granted."""
    return opened(membership())


def check(entitlement: Entitlement) -> EntitlementState:
    """How it stands now, as the seller's software asks."""
    return entitlement_checks.by_key(entitlement.merchant_id, entitlement.key).state


def test_an_entitlement_without_grants_is_off(entitlement: Entitlement):
    assert check(entitlement) is EntitlementState.OFF


def test_a_grant_switches_it_on_until_its_end(entitlement: Entitlement):
    granted(entitlement, days=30)
    assert entitlement.ends_at == entitlement.starts_at + 30 * DAY
    assert check(entitlement) is EntitlementState.ACTIVE
    assert entitlement.state(entitlement.ends_at) is EntitlementState.OFF


def test_many_are_granted_at_once_and_told_of(entitlement: Entitlement):
    other = opened(membership())
    Event.objects.all().delete()
    at = entitlement.starts_at
    entitlements.grant_many(
        [Grant(each.pk, ids.new(), GrantKind.PAID, at, at + 31 * DAY) for each in (entitlement, other)], at=at
    )
    ends = Entitlement.objects.values_list("ends_at", flat=True)
    assert list(ends) == [at + 31 * DAY] * 2
    assert sorted(Event.objects.values_list("subject_id", flat=True)) == sorted([entitlement.pk, other.pk])


def test_an_invoice_grants_once(entitlement: Entitlement):
    invoice = granted(entitlement)
    again = Grant(
        entitlement.pk, invoice, GrantKind.PAID, entitlement.ends_at, entitlement.ends_at + 30 * DAY
    )
    with pytest.raises(DatabaseError, match="grant_once"), transaction.atomic():
        entitlements.grant_many([again], at=clock.now())


def test_a_time_is_granted_once(entitlement: Entitlement):
    granted(entitlement, days=30)
    with pytest.raises(DatabaseError, match="a time is granted once"), transaction.atomic():
        granted(entitlement, days=30, after=29 * DAY)


def test_two_grants_of_one_statement_may_not_overlap(entitlement: Entitlement):
    at = entitlement.starts_at
    twice = [Grant(entitlement.pk, ids.new(), GrantKind.PAID, at, at + DAY) for _ in range(2)]
    with pytest.raises(DatabaseError, match="a time is granted once"), transaction.atomic():
        entitlements.grant_many(twice, at=at)


def test_a_grant_to_nobody_is_refused(entitlement: Entitlement):
    at = entitlement.starts_at
    with pytest.raises(NotFound), transaction.atomic():
        entitlements.grant_many([Grant(ids.new(), ids.new(), GrantKind.PAID, at, at + DAY)], at=at)


def test_what_was_granted_may_follow_what_was_taken_back(entitlement: Entitlement):
    invoice = granted(entitlement, days=30)
    assert entitlements.revoke(invoice, entitlement.starts_at + 10 * DAY)
    granted(entitlement, days=30, after=10 * DAY)
    assert entitlement.ends_at == entitlement.starts_at + 40 * DAY


def test_a_revoked_grant_ends_where_it_was_taken_back(entitlement: Entitlement):
    invoice = granted(entitlement, days=30)
    entitlements.revoke(invoice, entitlement.starts_at + 10 * DAY)
    entitlement.refresh_from_db()
    assert entitlement.ends_at == entitlement.starts_at + 10 * DAY


def test_a_grant_is_taken_back_once(entitlement: Entitlement):
    invoice = granted(entitlement)
    assert entitlements.revoke(invoice, entitlement.starts_at) is True
    assert entitlements.revoke(invoice, entitlement.starts_at) is False
    assert EntitlementGrant.objects.get().revoked_from == entitlement.starts_at


def test_taking_back_what_is_over_changes_nothing(entitlement: Entitlement):
    invoice = granted(entitlement, days=1)
    assert entitlements.revoke(invoice, entitlement.ends_at + DAY) is False


def test_grace_keeps_it_on_for_a_while(entitlement: Entitlement):
    granted(entitlement, days=30)
    entitlements.grace([(entitlement.pk, entitlement.ends_at + 3 * DAY)])
    entitlement.refresh_from_db()
    assert entitlement.state(entitlement.ends_at + 2 * DAY) is EntitlementState.GRACE
    assert entitlement.state(entitlement.ends_at + 3 * DAY) is EntitlementState.OFF


def test_a_grant_ends_the_grace(entitlement: Entitlement):
    granted(entitlement, days=30)
    entitlements.grace([(entitlement.pk, entitlement.ends_at + 3 * DAY)])
    granted(entitlement, days=30, after=30 * DAY)
    assert entitlement.grace_until is None


def test_closing_takes_it_back_for_good(entitlement: Entitlement):
    granted(entitlement)
    at = entitlement.starts_at + DAY
    assert entitlements.close([entitlement.pk], at=at, reason="refunded") == 1
    entitlement.refresh_from_db()
    assert (entitlement.ends_at, entitlement.state(at)) == (at, EntitlementState.REVOKED)
    assert entitlements.close([entitlement.pk], at=at, reason="again") == 0


def test_nothing_is_granted_to_what_was_taken_back(entitlement: Entitlement):
    entitlements.close([entitlement.pk], at=entitlement.starts_at, reason="refunded")
    with pytest.raises(DatabaseError, match="nothing is granted"), transaction.atomic():
        granted(entitlement)


def test_suspending_switches_off_and_resuming_on(entitlement: Entitlement):
    granted(entitlement)
    entitlements.suspend(entitlement, actor=SYSTEM, reason="shared with others")
    assert check(entitlement) is EntitlementState.OFF
    entitlements.resume(entitlement, actor=SYSTEM)
    assert check(entitlement) is EntitlementState.ACTIVE


def test_suspending_needs_a_reason(entitlement: Entitlement):
    with pytest.raises(ReasonMissing):
        entitlements.suspend(entitlement, actor=SYSTEM, reason=" ")
    assert not Entitlement.objects.exclude(suspended_at=None).exists()


def test_it_is_found_by_its_name_too(entitlement: Entitlement):
    assert entitlement_checks.by_key(entitlement.merchant_id, entitlement.name).id == entitlement.pk


def test_another_merchants_entitlement_is_not_there(entitlement: Entitlement):
    stranger = MerchantFactory.create()
    for key in (entitlement.key, entitlement.name):
        with pytest.raises(NotFound):
            entitlement_checks.by_key(stranger.pk, key)


def test_a_twins_clock_ends_it(entitlement: Entitlement):
    twin = TwinFactory.create()
    of_twin = opened(membership(store=StoreFactory.create(merchant=twin)))
    granted(of_twin, days=30)
    assert check(of_twin) is EntitlementState.ACTIVE
    merchants.advance_clock(twin, 31 * DAY, actor=SYSTEM)
    assert check(of_twin) is EntitlementState.OFF


def test_keys_are_long_and_never_alike():
    keys = {entitlements.new_key() for _ in range(100)}
    assert {len(key) for key in keys} == {22}
    assert len(keys) == 100


GUARDS = {
    "the end is that of its grants": "UPDATE merchants_entitlement SET ends_at = ends_at + interval '1 day'",
    "its key stays": "UPDATE merchants_entitlement SET key = reverse(key)",
    "an entitlement is kept": "DELETE FROM merchants_entitlement",
    "a grant is kept": "DELETE FROM merchants_entitlementgrant",
    "grants are kept whole": "TRUNCATE merchants_entitlementgrant",
    "a grant is a record": "UPDATE merchants_entitlementgrant SET ends_at = ends_at + interval '1 day'",
    "a trial has an invoice": "UPDATE merchants_entitlementgrant SET kind = 'trial', invoice_id = NULL",
}


@pytest.mark.parametrize("statement", GUARDS.values(), ids=GUARDS.keys())
def test_the_database_keeps_what_was_granted(entitlement: Entitlement, statement: str):
    granted(entitlement)
    with (
        pytest.raises(DatabaseError, match=r"refused|violates"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)


def test_what_was_taken_back_stays_so(entitlement: Entitlement):
    entitlements.close([entitlement.pk], at=entitlement.starts_at, reason="refunded")
    with pytest.raises(DatabaseError, match="stays so"), transaction.atomic():
        Entitlement.objects.update(revoked_at=None)


def test_only_a_membership_has_entitlements():
    with pytest.raises(DatabaseError, match="of another kind"), transaction.atomic():
        opened(ProductFactory.create())


def test_a_grant_that_follows_leaves_no_gap(entitlement: Entitlement):
    granted(entitlement, days=30)
    granted(entitlement, days=30, after=30 * DAY)
    assert entitlement.ends_at == entitlement.starts_at + 60 * DAY


def moment(entitlement: Entitlement, days: int) -> datetime:
    """So many days after its start."""
    return entitlement.starts_at + days * DAY


def test_it_is_off_before_it_begins(entitlement: Entitlement):
    granted(entitlement)
    assert entitlement.state(moment(entitlement, -1)) is EntitlementState.OFF
