"""Which plan is in force, and how one is changed."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from audit.models import AuditRow
from kernel import clock, ids
from kernel.actors import SYSTEM
from kernel.money import Rate
from settlement import plans
from settlement.errors import BadPlan
from settlement.models import FeePlanVersion
from tests.factories.merchants import MerchantFactory, TwinFactory
from tests.factories.settlement import FeePlanFactory

pytestmark = pytest.mark.django_db


def test_a_merchant_without_a_plan_has_the_standard_one():
    assert plans.of(ids.new()) == plans.STANDARD


def test_the_platforms_own_standard_plan_stands_for_merchants_without_one():
    FeePlanFactory(merchant=None, rate=Decimal("0.02"))
    assert plans.of(ids.new()).rate == Rate(Decimal("0.02"))


def test_a_merchants_plan_goes_before_a_newer_standard_one():
    mine = FeePlanFactory(rate=Decimal("0.03"), starts_at=clock.now() - timedelta(days=9))
    FeePlanFactory(merchant=None, rate=Decimal("0.02"))
    assert plans.of(mine.merchant_id).version == mine.pk


def test_a_twin_has_the_plan_of_its_merchant():
    twin = TwinFactory()
    FeePlanFactory(merchant=None)
    real = FeePlanFactory(merchant=twin.twin_of)
    assert plans.of(twin.pk).version == real.pk


def test_a_twins_own_plan_goes_first():
    twin = TwinFactory()
    own = FeePlanFactory(merchant=twin, starts_at=clock.now() - timedelta(days=9))
    FeePlanFactory(merchant=twin.twin_of)
    assert plans.of(twin.pk).version == own.pk


def test_the_latest_version_in_force_counts():
    old = FeePlanFactory(starts_at=clock.now() - timedelta(days=2))
    new = FeePlanFactory(merchant=old.merchant, rate=Decimal("0.05"))
    assert plans.of(old.merchant_id).version == new.pk


def test_a_version_of_the_future_does_not_count_yet():
    now = FeePlanFactory()
    FeePlanFactory(merchant=now.merchant, starts_at=clock.now() + timedelta(hours=1))
    assert plans.of(now.merchant_id).version == now.pk


def test_a_plan_is_read_from_the_database_once_in_a_while():
    merchant_id = FeePlanFactory().merchant_id
    assert plans.of(merchant_id) is plans.of(merchant_id)


def test_a_change_is_in_force_at_once(django_capture_on_commit_callbacks):
    merchant_id = FeePlanFactory().merchant_id
    before = plans.of(merchant_id)
    with django_capture_on_commit_callbacks(execute=True):
        plans.change(merchant_id, replace(before, rate=Rate(Decimal("0.07"))), actor=SYSTEM, reason="agreed")
    assert plans.of(merchant_id).rate == Rate(Decimal("0.07"))


def test_a_change_leaves_the_older_version_as_it_was():
    old = FeePlanFactory()
    plans.change(old.merchant_id, plans.STANDARD, actor=SYSTEM, reason="agreed")
    old.refresh_from_db()
    assert old.rate == Decimal("0.01")


def test_a_change_is_recorded_with_its_reason():
    version = plans.change(MerchantFactory().pk, plans.STANDARD, actor=SYSTEM, reason="contract 17")
    assert AuditRow.objects.get(subject_id=version.pk).reason == "contract 17"


@pytest.mark.parametrize(
    "wrong",
    [
        {"rate": Rate(Decimal("1.000001"))},
        {"rate": Rate(Decimal("-0.000001"))},
        {"rate": Rate(Decimal("0.0000001"))},
        {"fixed": {"CNY": -1}},
        {"fixed": {"CNY": 1.5}},
        {"fixed": {"cny": 1}},
        {"settlement_days": 91},
        {"settlement_days": -1},
        {"country": "china"},
        {"zone": "Mars/Olympus"},
        {"zone": "../etc/passwd"},
    ],
)
def test_figures_that_are_no_plan_are_refused(wrong):
    with pytest.raises(BadPlan):
        plans.change(MerchantFactory().pk, replace(plans.STANDARD, **wrong), actor=SYSTEM, reason="agreed")
    assert not FeePlanVersion.objects.exists()


def test_a_change_without_a_reason_is_refused():
    with pytest.raises(BadPlan):
        plans.change(MerchantFactory().pk, plans.STANDARD, actor=SYSTEM, reason=" ")


def test_a_change_in_the_past_is_refused():
    with pytest.raises(BadPlan):
        plans.change(
            MerchantFactory().pk,
            plans.STANDARD,
            actor=SYSTEM,
            reason="agreed",
            starts_at=clock.now() - timedelta(seconds=1),
        )


def test_the_database_refuses_to_change_a_version():
    version = FeePlanFactory()
    with pytest.raises(IntegrityError), transaction.atomic():
        FeePlanVersion.objects.filter(pk=version.pk).update(rate=0)


def test_the_database_refuses_to_delete_a_version():
    version = FeePlanFactory()
    with pytest.raises(IntegrityError), transaction.atomic():
        version.delete()


def test_the_database_refuses_two_standard_plans_from_one_instant():
    first = FeePlanFactory(merchant=None)
    with pytest.raises(IntegrityError), transaction.atomic():
        FeePlanFactory(merchant=None, starts_at=first.starts_at)


@pytest.mark.parametrize("fixed", [{"CNY": -1}, {"CNY": 0.5}, {"CNY": "1"}, [1]])
def test_the_database_refuses_a_fixed_fee_that_is_no_minor_unit(fixed):
    with pytest.raises(IntegrityError), transaction.atomic():
        FeePlanFactory(fixed=fixed)


def test_a_plan_that_begins_later_is_in_force_then_though_nothing_changes():
    merchant = MerchantFactory.create()
    begins = clock.now() + timedelta(hours=1)
    plans.change(
        merchant.pk,
        replace(plans.STANDARD, rate=Rate(Decimal("0.5"))),
        actor=SYSTEM,
        reason="later",
        starts_at=begins,
    )
    assert plans.of(merchant.pk) == plans.STANDARD
    with clock.telling(begins):
        assert plans.of(merchant.pk).rate == Rate(Decimal("0.5"))
