"""A shop's colour, made readable."""

import re

import pytest

from web import colours


@pytest.mark.parametrize(
    "accent", ["#ffffff", "#ffff00", "#07c160", "#1677ff", "#4038b8", "#000000", "#777777"]
)
def test_any_colour_becomes_readable_in_both_themes(accent):
    light, dark = re.findall(r"--primary:(#[0-9a-f]{6})", colours.accent_css(accent))[:2]
    assert colours.contrast(_rgb(light), (255, 255, 255)) >= 4.5
    assert colours.contrast(_rgb(dark), (22, 26, 33)) >= 4.5


def test_a_readable_colour_stays_as_it_is():
    assert "--primary:#4038b8" in colours.accent_css("#4038b8")


def test_black_on_white_is_twenty_one():
    assert round(colours.contrast((0, 0, 0), (255, 255, 255)), 1) == 21


def _rgb(text):
    return tuple(int(text[at : at + 2], 16) for at in (1, 3, 5))
