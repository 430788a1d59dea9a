"""Merchants' texts: what gets through and what does not."""

import pytest

from web import markdown


def test_lists_emphasis_and_tables_are_drawn():
    drawn = markdown.render("**now**\n\n- one\n\n| a | b |\n|---|---|\n| 1 | 2 |")
    assert {"<strong>", "<li>", "<table>"} <= {tag for tag in ("<strong>", "<li>", "<table>") if tag in drawn}


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[a](javascript:alert(1))",
        "[a](data:text/html,x)",
        "![a](https://spy.example/pixel.png)",
        '<a href="https://x.example" onclick="alert(1)">a</a>',
        "<style>*{display:none}</style>",
        "<iframe src='//x.example'></iframe>",
    ],
)
def test_nothing_that_runs_or_loads_gets_through(text):
    drawn = markdown.render(text)
    assert not any(
        f"<{tag}" in drawn
        for tag in ("script", "img", "style", "iframe", 'a href="javascript', 'a href="data')
    )


def test_a_link_leaves_no_trace_of_where_it_stood():
    assert 'rel="nofollow noopener noreferrer"' in markdown.render("[a](https://x.example)")


def test_a_text_does_not_bring_a_heading_above_the_pages_own():
    assert "<h1" not in markdown.render("# Big") + markdown.render("## Less big")
