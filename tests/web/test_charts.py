"""Charts: what is drawn and what is read are the same figures."""

import pytest
from django.template import Context, Template

from kernel.money import Money
from web.charts import Chart, Point, Series, of_money


def chart(*points: Point, labels: tuple[str, ...] = ("Mon", "Tue")) -> Chart:
    return Chart("sold", "How much?", "Paid, by day.", "Day", labels, [Series("Sold", points)], "CNY")


def test_a_series_without_a_point_for_each_label_is_refused():
    with pytest.raises(ValueError, match="one point for each label"):
        chart(Point(1, "1"))


def test_an_amount_is_drawn_in_whole_units_and_read_as_it_was_formatted():
    assert of_money(Money(1_050, "CNY"), "¥10.50") == Point(10.5, "¥10.50")


def test_a_currency_without_decimals_is_drawn_as_it_is():
    assert of_money(Money(1_050, "JPY"), "¥1,050").value == 1_050


def test_the_table_reads_what_the_drawing_shows():
    made = chart(Point(1, "¥1"), Point(None, "—"))
    assert made.rows == [("Mon", ["¥1"]), ("Tue", ["—"])]
    assert made.drawing["series"][0]["shown"] == ["¥1", "—"]


def test_figures_on_a_page_cannot_end_their_script():
    page = Template("{% load ui %}{% chart chart %}").render(
        Context({"chart": chart(Point(1, "</script><b>"), Point(2, "2"))})
    )
    assert "</script><b>" not in page
