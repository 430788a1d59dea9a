"""Pages of a list, newest first, by number: enough for what a merchant has a few of a week."""

from typing import TypeVar

from django.core.paginator import Paginator
from django.db.models import Model, QuerySet

_AT_ONCE = 30
Row = TypeVar("Row", bound=Model)


def slice_of(rows: "QuerySet[Row]", number: str) -> "tuple[list[Row], int | None]":
    """A page of rows and the number of the older page, if there is one. Nonsense gives the first page."""
    page = Paginator(rows, _AT_ONCE).get_page(number)
    return list(page.object_list), page.next_page_number() if page.has_next() else None
