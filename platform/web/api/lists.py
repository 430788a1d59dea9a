"""Lists: newest first, by a cursor, narrowed by filters. What they do not know they refuse."""

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from django_filters import rest_framework as filters  # type: ignore[import-untyped]
from drf_spectacular.drainage import set_override
from rest_framework.exceptions import ValidationError
from rest_framework.pagination import BasePagination
from rest_framework.request import Request

from kernel import ids
from kernel.errors import NotFound

from .fields import pattern_of

DEFAULT, MOST = 25, 100
__all__ = ["ByCursor", "Filters", "IdFilter", "Strict", "filters", "id_in", "limit_of", "refuse_unknown"]

_PAGING = ("cursor", "limit")


class ByCursor(BasePagination):
    """Pages by the id of their last row. A cursor says where to go on, and is no secret."""

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        """The rows of a page; `following` then is the cursor of the next one, or None."""
        limit = limit_of(request)
        after = request.query_params.get("cursor", "")
        rows = list(view.after(queryset, after)[: limit + 1] if after else queryset[: limit + 1])
        self.following = view.cursor_of(rows[limit - 1]) if len(rows) > limit else None
        return rows[:limit]

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """How a list looks."""
        return list_schema(schema)

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        """The two parameters of every list."""
        return paging_parameters(view.cursor_pattern)


class Strict(filters.DjangoFilterBackend):  # type: ignore[misc]
    """django-filter, which also refuses parameters that it does not know or that stand there twice."""

    def filter_queryset(self, request: Request, queryset: QuerySet[Any], view: Any) -> QuerySet[Any]:
        """The rows that the parameters ask for. Raises ValidationError."""
        chosen = self.get_filterset_class(view, queryset)
        refuse_unknown(request, (*_PAGING, *(chosen.base_filters if chosen else ())))
        found: QuerySet[Any] = super().filter_queryset(request, queryset, view)
        return found


class IdFilter(filters.CharFilter):  # type: ignore[misc]
    """Rows that lead to the object of this id."""

    def __init__(self, prefix: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.prefix = prefix
        set_override(self, "field", {"type": "string", "pattern": pattern_of(prefix)})

    def filter(self, rows: QuerySet[Any], value: str) -> QuerySet[Any]:
        """Narrow the rows. Raises ValidationError."""
        if not value:
            return rows
        name = self.field_name.removesuffix("_id")
        return rows.filter(**{self.field_name: id_in(self.prefix, value, parameter=name)})


class Filters(filters.FilterSet):  # type: ignore[misc]
    """A set of filters whose errors are told by parameter."""


def refuse_unknown(request: Request, known: Sequence[str]) -> None:
    """Raise ValidationError for a parameter that is not among `known`, or stands there twice."""
    wrong: dict[str, list[Any]] = {}
    for name, values in request.query_params.lists():
        if name not in known:
            wrong[name[:60]] = [_("There is no such parameter.")]
        elif len(values) > 1:
            wrong[name[:60]] = [_("This parameter may stand here once.")]
        elif not values[0]:
            wrong[name[:60]] = [_("This parameter may not be empty.")]
        elif "\x00" in values[0]:
            wrong[name[:60]] = [_("Null characters are not allowed.")]
    if wrong:
        raise ValidationError(wrong)


def limit_of(request: Request) -> int:
    """How many rows are asked for. Raises ValidationError."""
    text = request.query_params.get("limit", str(DEFAULT))
    if not (text.isascii() and text.isdigit() and len(text) <= 3 and 1 <= int(text) <= MOST):
        raise ValidationError({"limit": [_("Send a whole number from 1 to 100.")]})
    return int(text)


def id_in(prefix: str, text: str, *, parameter: str) -> Any:
    """The UUID of an id in a parameter. Raises ValidationError."""
    try:
        return ids.decode(prefix, text)
    except NotFound as error:
        raise ValidationError({parameter: [_("This is not an id of the right kind.")]}) from error


def list_schema(rows: dict[str, Any]) -> dict[str, Any]:
    """A page of a list, for the documents; `rows` is the schema of all of them."""
    return {
        "type": "object",
        "required": ["data", "next"],
        "properties": {
            "data": rows,
            "next": {
                "type": ["string", "null"],
                "description": "Send it as `cursor` to get the next page; null: this is the last.",
            },
        },
    }


def paging_parameters(pattern: str) -> list[dict[str, Any]]:
    """`cursor` and `limit`, for the documents."""
    cursor: dict[str, Any] = {
        "name": "cursor",
        "in": "query",
        "required": False,
        "description": "Where to go on: `next` of the page before.",
        "schema": {"type": "string", "pattern": pattern},
    }
    limit = {
        "name": "limit",
        "in": "query",
        "required": False,
        "description": "How many at most.",
        "schema": {"type": "integer", "minimum": 1, "maximum": MOST, "default": DEFAULT},
    }
    return [cursor, limit]
