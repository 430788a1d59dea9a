"""When a merchant is settled: its own schedule, or daily by the calendar of its fee plan."""

from collections.abc import Collection
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.db import transaction

import audit
from kernel.actors import Actor
from kernel.errors import said
from merchants.models import Merchant

from . import plans
from .errors import BadSchedule, ReasonMissing
from .models import Schedule
from .rhythm import Terms
from .states import Cycle

MOST_UNITS = 10**15


def of(merchant_id: UUID) -> Terms:
    """The schedule in force for a merchant."""
    own = Schedule.objects.filter(merchant_id=merchant_id).first()
    return own.terms if own is not None else standard(merchant_id)


def of_many(merchant_ids: Collection[UUID]) -> dict[UUID, Terms]:
    """The schedules in force, for many merchants by one look."""
    own = {row.merchant_id: row.terms for row in Schedule.objects.filter(merchant_id__in=merchant_ids)}
    return {key: own.get(key) or standard(key) for key in merchant_ids}


def standard(merchant_id: UUID) -> Terms:
    """What holds without a schedule of one's own: every business day of the fee plan's calendar."""
    plan = plans.of(merchant_id)
    return Terms(Cycle.DAILY, weekday=0, country=plan.country, zone=plan.zone, minimum={})


def change(merchant: Merchant, terms: Terms, *, actor: Actor, reason: str) -> Schedule:
    """Settle a merchant by these terms from now on. Raises BadSchedule, ReasonMissing."""
    if not reason.strip():
        raise ReasonMissing
    _check(terms)
    values = {
        "cycle": terms.cycle,
        "weekday": terms.weekday,
        "country": terms.country,
        "zone": terms.zone,
        "minimum": dict(terms.minimum),
        "paused": terms.paused,
    }
    with transaction.atomic():
        schedule, _ = Schedule.objects.update_or_create(merchant=merchant, defaults=values)
        audit.record(
            actor,
            "schedule.changed",
            ("schedule", schedule.pk),
            merchant_id=merchant.pk,
            reason=reason,
            facts={**values, "cycle": str(terms.cycle)},
        )
    return schedule


def _check(terms: Terms) -> None:
    if not 0 <= terms.weekday <= 6:
        raise BadSchedule(why=said("the weekday is not one of seven"))
    if not (len(terms.country) == 2 and terms.country.isascii() and terms.country.isupper()):
        raise BadSchedule(why=said("the country is not a code of two capital letters"))
    for currency, units in terms.minimum.items():
        if not (3 <= len(currency) <= 8 and currency.isascii() and currency.isupper()):
            raise BadSchedule(why=said("a currency of the least payout is not a code"))
        if type(units) is not int or not 0 <= units <= MOST_UNITS:
            raise BadSchedule(why=said("a least payout is not a number of minor units"))
    try:
        ZoneInfo(terms.zone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise BadSchedule(why=said("the time zone is not known")) from error
