"""The charts of recurring revenue."""

from collections.abc import Mapping
from decimal import Decimal

from django.utils.formats import date_format
from django.utils.translation import gettext, pgettext

from kernel.errors import said
from payments.metrics import Rate
from web.charts import Chart, Point, Series, Shape, of_money
from web.templatetags import ui

from ..metrics import BRIDGE, MRR, Month, rounded
from ..states import RecurringKind

KINDS = {
    RecurringKind.NEW: said("New"),
    RecurringKind.EXPANSION: said("Expansion"),
    RecurringKind.REACTIVATION: said("Came back"),
    RecurringKind.CONTRACTION: said("Contraction"),
    RecurringKind.CHURN: said("Lost or paused"),
}
"""The parts of the bridge, those that add first."""


def charts(months: Mapping[str, list[Month]]) -> list[Chart]:
    """What moved MRR, month by month, a chart a currency."""
    return [_bridge(currency, rows) for currency, rows in months.items()]


def share(rate: Rate) -> str:
    """A rate in per cent with one decimal; a dash where there is nothing to count."""
    return f"{Decimal(100 * rate.part) / rate.whole:.1f}%" if rate.whole else "—"


def _bridge(currency: str, months: list[Month]) -> Chart:
    moves = [
        Series(gettext(name), [_point(each.bridge.moves.get(kind, Decimal(0)), currency) for each in months])
        for kind, name in KINDS.items()
    ]
    closing = [_point(each.bridge.closing, currency) for each in months]
    return Chart(
        name=f"bridge-{currency.lower()}",
        question=gettext("What moved recurring revenue?") + f" · {currency}",
        definition=gettext(BRIDGE.definition),
        axis=pgettext("of a calendar", "Month"),
        labels=[date_format(each.first, "Y-m") for each in months],
        unit=currency,
        series=[*moves, Series(gettext(MRR.name), closing, Shape.LINE)],
    )


def _point(amount: Decimal, currency: str) -> Point:
    money = rounded(amount, currency)
    return of_money(money, ui.plain_money(money))
