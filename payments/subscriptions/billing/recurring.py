"""What a subscription is worth a month, and why that moved."""

from decimal import ROUND_HALF_UP, Decimal

from ..states import RecurringKind
from .anchors import MONTHS, Unit

_DAYS_OF_A_MONTH = Decimal("365.25") / 12
_PLACES = Decimal("0.000001")


def monthly(price: int, unit: Unit, count: int) -> Decimal:
    """Minor units a month, six decimals: a plan of days counts a year as 365.25 of them."""
    months = Decimal(count) / _DAYS_OF_A_MONTH if unit is Unit.DAY else Decimal(MONTHS[unit] * count)
    return (Decimal(price) / months).quantize(_PLACES, ROUND_HALF_UP)


def kind(before: Decimal, after: Decimal, *, had_before: bool) -> RecurringKind | None:
    """Why it moved; None where it did not. `had_before`: it was above zero at some time."""
    if before == after:
        return None
    if not before:
        return RecurringKind.REACTIVATION if had_before else RecurringKind.NEW
    if not after:
        return RecurringKind.CHURN
    return RecurringKind.EXPANSION if after > before else RecurringKind.CONTRACTION
