"""The charts of the merchant's home page."""

from django.utils.formats import date_format
from django.utils.translation import gettext, pgettext

from merchants.models import Merchant, Store
from web.charts import Chart, Point, Series, Shape, of_money
from web.templatetags import ui

from .. import trends
from ..metrics import PAYMENT_SUCCESS, Rate
from ..trends import Trend

RANGES = (7, 30)


def charts(merchant: Merchant, days: int, store: Store | None = None) -> list[Chart]:
    """How much was sold, and how many of those who tried have paid, over the last days."""
    trend = trends.read(merchant, days=days, store=store)
    labels = [date_format(day, "m-d") for day in trend.days]
    return [_sold(trend, labels), _success(trend, labels)]


def _sold(trend: Trend, labels: list[str]) -> Chart:
    kinds = ((gettext("Sold"), trend.sold, Shape.BAR), (gettext("Refunded"), trend.refunded, Shape.LINE))
    currency = trend.sold[0].currency
    return Chart(
        name="sold",
        question=gettext("How much was sold?") + f" · {currency}",
        definition=gettext(
            "Sold: paid orders by the day of paying, before refunds and fees. Refunded: by the day on which"
            " the channel gave the money back."
        ),
        axis=pgettext("of a calendar", "Day"),
        labels=labels,
        unit=currency,
        series=[
            Series(name, [of_money(amount, ui.plain_money(amount)) for amount in amounts], shape)
            for name, amounts, shape in kinds
        ],
    )


def _success(trend: Trend, labels: list[str]) -> Chart:
    return Chart(
        name="success",
        question=gettext("How many of those who tried have paid?"),
        definition=gettext(PAYMENT_SUCCESS.definition),
        axis=pgettext("of a calendar", "Day"),
        labels=labels,
        unit="%",
        series=[Series(gettext(PAYMENT_SUCCESS.name), [_point(rate) for rate in trend.success], Shape.LINE)],
    )


def _point(rate: Rate) -> Point:
    if rate.percent is None:
        return Point(None, "—")
    return Point(rate.percent, f"{rate.percent}% ({rate.part}/{rate.whole})")
