"""The plan in force for a merchant, and the one way to change it."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import orjson
from django.db import transaction

import audit
from kernel import clock
from kernel.actors import Actor
from kernel.errors import said
from kernel.money import Rate
from kernel.recent import Recent
from merchants import revision
from prepared import Statement

from .errors import BadPlan
from .fees import FeePlan
from .models import FeePlanVersion

# In force where no row says otherwise: the platform takes nothing, and a posting never lacks a plan.
STANDARD = FeePlan(
    rate=Rate(Decimal(0)),
    fixed={},
    merchant_bears_channel=True,
    settlement_days=1,
    country="CN",
    zone="Asia/Shanghai",
)

# A merchant's own plan goes first, then that of the merchant whose twin it is, then the standard one; and
# when the next one of these begins.
_IN_FORCE = Statement(
    """
    WITH own AS (
        SELECT v.* FROM settlement_fee_plan v WHERE v.merchant_id IS NULL OR v.merchant_id = $1
            OR v.merchant_id = (SELECT m.twin_of_id FROM merchants_merchant m WHERE m.id = $1))
    SELECT v.id, v.rate, v.fixed, v.merchant_bears_channel, v.settlement_days, v.country, v.zone, n.begins
    FROM (SELECT min(starts_at) AS begins FROM own WHERE starts_at > $2) n
        LEFT JOIN (SELECT * FROM own WHERE starts_at <= $2
            ORDER BY merchant_id IS NULL, merchant_id <> $1, starts_at DESC LIMIT 1) v ON true
    """
)

# A plan, and until when it can be the one in force though no row changes.
_recent: Recent[UUID, tuple[FeePlan, datetime | None]] = Recent(
    seconds=revision.KEPT_SECONDS, size=10_000, revision=revision.current
)


def of(merchant_id: UUID) -> FeePlan:
    """The plan in force for a merchant, as it stood at most three seconds ago. A twin has its merchant's."""
    plan, until = _recent.get(merchant_id, _load)
    if until is not None and until <= clock.now():
        _recent.forget()
        plan, _ = _recent.get(merchant_id, _load)
    return plan


def _load(merchant_id: UUID) -> tuple[FeePlan, datetime | None]:
    ((version, rate, fixed, bears, days, country, zone, until),) = _IN_FORCE.rows(merchant_id, clock.now())
    if version is None:
        return STANDARD, until
    return FeePlan(Rate(rate), orjson.loads(fixed), bears, days, country, zone, version), until


def change(
    merchant_id: UUID | None,
    plan: FeePlan,
    *,
    actor: Actor,
    reason: str,
    starts_at: datetime | None = None,
) -> FeePlanVersion:
    """Put a new version in force, now or from `starts_at`; no merchant means the standard plan.

    Raises BadPlan. Payments made before keep the figures that they were made with.
    """
    _check(plan, reason=reason, starts_at=starts_at)
    with transaction.atomic():
        version = FeePlanVersion.objects.create(
            merchant_id=merchant_id,
            rate=plan.rate.value,
            fixed=dict(plan.fixed),
            merchant_bears_channel=plan.merchant_bears_channel,
            settlement_days=plan.settlement_days,
            country=plan.country,
            zone=plan.zone,
            starts_at=starts_at or clock.now(),
        )
        audit.record(
            actor,
            "fee_plan.changed",
            ("fee_plan", version.pk),
            merchant_id=merchant_id,
            reason=reason,
            facts=_facts(plan),
        )
        transaction.on_commit(_forget)
    return version


def _forget() -> None:
    revision.forget()
    _recent.forget()


def _facts(plan: FeePlan) -> dict[str, object]:
    return {
        "rate": str(plan.rate.value),
        "fixed": dict(plan.fixed),
        "merchant_bears_channel": plan.merchant_bears_channel,
        "settlement_days": plan.settlement_days,
        "country": plan.country,
        "zone": plan.zone,
    }


def _check(plan: FeePlan, *, reason: str, starts_at: datetime | None) -> None:
    if not reason.strip():
        raise BadPlan(why=said("a reason is missing"))
    if not 0 <= plan.rate.value <= 1:
        raise BadPlan(why=said("the rate is not between 0 and 1"))
    if plan.rate.value != plan.rate.value.quantize(Decimal("0.000001")):
        raise BadPlan(why=said("the rate has more than six decimals"))
    if not 0 <= plan.settlement_days <= 90:
        raise BadPlan(why=said("the settlement days are not between 0 and 90"))
    if starts_at is not None and starts_at < clock.now():
        # A payment's plan must be known when it is paid: the past is not rewritten.
        raise BadPlan(why=said("it would begin in the past"))
    _check_fixed(plan.fixed)
    _check_calendar(plan)


def _check_fixed(fixed: Mapping[str, int]) -> None:
    for currency, units in fixed.items():
        if not (3 <= len(currency) <= 8 and currency.isascii() and currency.isupper()):
            raise BadPlan(why=said("a currency of the fixed fee is not a code"))
        if type(units) is not int or not 0 <= units <= 10**12:
            raise BadPlan(why=said("a fixed fee is not a number of minor units"))


def _check_calendar(plan: FeePlan) -> None:
    if not (len(plan.country) == 2 and plan.country.isascii() and plan.country.isupper()):
        raise BadPlan(why=said("the country is not a code of two capital letters"))
    try:
        ZoneInfo(plan.zone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise BadPlan(why=said("the time zone is not known")) from error
