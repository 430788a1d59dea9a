"""Plans in words: their period, and what is free of it."""

from django.utils.translation import gettext, ngettext

from kernel.intervals import Unit


def period(unit: str, count: int) -> str:
    """What stands behind a price and a stroke: “month”, “10 days”."""
    if count == 1:
        return {
            Unit.DAY: gettext("day"),
            Unit.MONTH: gettext("month"),
            Unit.QUARTER: gettext("quarter"),
            Unit.YEAR: gettext("year"),
        }[Unit(unit)]
    return {
        Unit.DAY: ngettext("{count} day", "{count} days", count),
        Unit.MONTH: ngettext("{count} month", "{count} months", count),
        Unit.QUARTER: ngettext("{count} quarter", "{count} quarters", count),
        Unit.YEAR: ngettext("{count} year", "{count} years", count),
    }[Unit(unit)].format(count=count)


def trial(days: int) -> str:
    """What is free first; empty where nothing is."""
    return ngettext("{days} day free", "{days} days free", days).format(days=days) if days else ""
