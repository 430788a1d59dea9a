"""States, amounts, links and tables of the back office, as people read them."""

from collections.abc import Iterable
from typing import Any

from django.template.loader import render_to_string
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from kernel.money import Money

from ..templatetags import ui
from ..vocabulary import word


def pill(kind: str, state: str) -> SafeString:
    """A state in the words of the vocabulary, as Unfold shows a label."""
    known = word(kind, state)
    return badge(gettext(known.text), known.tone)


def badge(text: Any, tone: str = "neutral") -> SafeString:
    """A few words with a colour; never a colour alone."""
    return render_to_string("unfold/helpers/label.html", {"text": text, "type": tone})


def yes(*, holds: bool) -> SafeString | str:
    """A fact that is worth a word only where it holds."""
    return badge(gettext("Yes"), "info") if holds else "—"


def badges(texts: Iterable[Any], tone: str) -> SafeString:
    """Several of them."""
    return format_html_join(" ", "{}", ((badge(text, tone),) for text in texts))


def money(amount: int | Money | None, currency: str = "") -> str:
    """An amount in the reader's language."""
    if amount is None:
        return "—"
    return ui.plain_money(amount if isinstance(amount, Money) else Money(amount, currency))


def link(name: str, key: Any, text: Any) -> SafeString | str:
    """A link to another page of the back office: `link("payments_order", order.pk, order.number)`."""
    try:
        address = reverse(f"admin:{name}_change", args=[key])
        return format_html('<a class="ops-link" href="{}">{}</a>', address, text)
    except NoReverseMatch:
        return str(text)


def table(heads: Iterable[Any], rows: Iterable[Iterable[Any]], empty: Any = "") -> SafeString:
    """A small table inside a page."""
    return render_to_string(
        "operators/table.html", {"heads": heads, "rows": [list(row) for row in rows], "empty": empty}
    )
