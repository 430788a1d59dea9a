"""The charts of recurring revenue."""

from collections import Counter
from collections.abc import Mapping, Sequence
from decimal import Decimal
from itertools import dropwhile

from django.utils.formats import date_format
from django.utils.translation import gettext, pgettext

from kernel.errors import said
from payments.metrics import Rate
from web.charts import Chart, Point, Series, Shape, of_money
from web.templatetags import ui

from ..metrics import BRIDGE, MRR, Month, rounded
from ..reasons import REASONS
from ..retention import GROSS, NET, REASONS_GIVEN, Stayed
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
    return [_bridge(currency, list(dropwhile(_is_empty, rows))) for currency, rows in months.items()]


def _is_empty(month: Month) -> bool:
    """Whether nothing was there yet, and nothing came."""
    return not month.bridge.opening and not month.bridge.moves


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


def retention(months: Mapping[str, list[Stayed]]) -> list[Chart]:
    """How much of recurring revenue stays, whole month by whole month, a chart a currency."""
    return [_stayed(currency, rows) for currency, rows in months.items()]


def per_cent(share: Decimal) -> str:
    """A share as it is shown: with one decimal."""
    return f"{100 * share:.1f}%"


def _stayed(currency: str, months: list[Stayed]) -> Chart:
    lines = [(GROSS, [each.gross for each in months]), (NET, [each.net for each in months])]
    return Chart(
        name=f"retention-{currency.lower()}",
        question=gettext("How much of recurring revenue stays?") + f" · {currency}",
        definition=f"{gettext(GROSS.definition)} {gettext(NET.definition)}",
        axis=pgettext("of a calendar", "Month"),
        labels=[date_format(each.first, "Y-m") for each in months],
        unit="%",
        series=[
            Series(
                gettext(metric.name),
                [Point(float(round(100 * share, 1)), per_cent(share)) for share in shares],
            )
            for metric, shares in lines
        ],
    )


def leaving(given: Sequence[tuple[str, int]]) -> Chart | None:
    """Why buyers leave; None: nobody did. What merchants wrote themselves is one bar."""
    counts: Counter[str] = Counter()
    for reason, count in given:
        named = REASONS.get(reason, _IN_OTHER_WORDS if reason else _NO_REASON)
        counts[gettext(named)] += count
    if not counts:
        return None
    ordered = counts.most_common()
    return Chart(
        name="reasons",
        question=gettext("Why do buyers leave?"),
        definition=gettext(REASONS_GIVEN.definition),
        axis=gettext("Reason"),
        labels=[name for name, _ in ordered],
        series=[Series(gettext("Memberships"), [Point(count, str(count)) for _, count in ordered])],
    )


_NO_REASON = said("No reason given")
_IN_OTHER_WORDS = said("In other words")


def _point(amount: Decimal, currency: str) -> Point:
    money = rounded(amount, currency)
    return of_money(money, ui.plain_money(money))
