"""A chart on a page: drawn under the strict policy, its tooltip too, and readable without scripts."""

import pytest

from tests.browser.eyes import open_eyes

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(("language", "width", "theme"), [("zh", 1280, "light"), ("en", 360, "dark")])
def test_a_chart_is_drawn_and_read_without_a_complaint(house, chromium, language, width, theme):
    eyes = open_eyes(chromium, f"chart-{language}", language=language, width=width, theme=theme)
    eyes.page.goto(house.web_url + "/styleguide/")
    figure = eyes.page.locator(".chart")
    figure.scroll_into_view_if_needed()
    figure.locator("svg").hover(position={"x": 150, "y": 150})
    eyes.page.locator(".chart-tip dd").first.wait_for()
    eyes.see("drawn")
    assert eyes.complaints == []


def test_without_scripts_the_table_is_open(house, chromium):
    eyes = open_eyes(chromium, "chart-plain", language="zh", width=1280, scripts=False)
    eyes.page.goto(house.web_url + "/styleguide/")
    assert eyes.page.get_by_role("cell", name="¥2,010.50").is_visible()
