"""The browser itself can show what the journeys look at."""

import pytest

pytestmark = pytest.mark.browser

DRAWN = """letter => {
    const paper = document.createElement("canvas");
    const pen = paper.getContext("2d");
    pen.font = "40px sans-serif";
    pen.fillText(letter, 10, 60);
    return paper.toDataURL();
}"""


def test_it_has_a_font_for_chinese(chromium):
    page = chromium.new_page()
    shown, other, missing = (page.evaluate(DRAWN, letter) for letter in ("支", "付", "\U000f0000"))
    assert shown != missing
    assert shown != other
