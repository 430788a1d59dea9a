"""Events: everything that happened, by number, in the very form in which webhooks tell it."""

from typing import Any

import orjson
from django.db.models import QuerySet
from django.http import HttpResponse
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request

from kernel.books import Book
from web.api.fields import IdField
from web.api.lists import Filters, filters
from web.api.serializers import Shown
from web.api.views import Endpoint
from webhooks import topics
from webhooks.models import PublicEvent

_DIGITS_MOST = 18


class EventShown(Shown):
    """Something that happened to one object. The same id is the same bytes for ever."""

    id = IdField("evt", help_text="Do nothing for one that you have seen.")
    number = serializers.IntegerField(
        required=False, help_text="Its place among your events. Only here: webhooks come without it."
    )
    type = serializers.CharField(help_text="What happened: `order.paid`.")
    timestamp = serializers.DateTimeField(help_text="When.")
    object_version = serializers.IntegerField(
        help_text="It only grows, object by object; some are left out, where something happened inside."
    )
    merchant = IdField("mer")
    book = serializers.ChoiceField([book.value for book in Book])
    data = serializers.DictField(  # type: ignore[assignment] # the library sets it aside
        help_text="Ids, states and figures; what there is depends on `type`."
    )

    def to_representation(self, instance: PublicEvent) -> Any:
        """The kept bytes and the number."""
        return {**orjson.loads(instance.body), "number": instance.place}


class TopicFilter(filters.CharFilter):  # type: ignore[misc]
    """Events of one type, or of a family of them."""

    def filter(self, rows: QuerySet[Any], value: str) -> QuerySet[Any]:
        """Narrow the rows. Raises ValidationError for what is never told of."""
        if not value:
            return rows
        wanted = [name for name in topics.public() if value in topics.patterns_of(name)]
        if not wanted:
            raise serializers.ValidationError({"type": [_("There is no such type of event.")]})
        return rows.filter(topic__in=wanted)


class EventFilters(Filters):
    """Which events are listed."""

    type = TopicFilter(
        field_name="topic", max_length=64, label="What happened: `order.paid`, or of one kind: `order.*`."
    )


class Events(Endpoint):
    """Everything that happened."""

    model = PublicEvent
    prefix = "evt"
    tag = "events"
    order = ("place",)
    shown = EventShown
    filterset_class = EventFilters

    @extend_schema(summary="List events")
    def list(self, request: Request) -> HttpResponse:  # noqa: ARG002
        """Oldest first, so that a program can follow: send the last `number` that it has seen as `cursor`.

        A number is seen after all the numbers before it: what comes late gets a late number, and is never
        missed. Each object's events keep their order, but for one that failed inside for more than a day:
        take `object_version` as the order of truth.
        """
        return self.page()

    @extend_schema(summary="Get an event")
    def retrieve(self, request: Request, id: str) -> HttpResponse:  # noqa: ARG002
        """One event."""
        return self.shows(self.one(id))

    @property
    def cursor_pattern(self) -> str:
        """A number."""
        return "^[0-9]{1,18}$"

    def after(self, rows: QuerySet[Any], cursor: str) -> QuerySet[Any]:
        """Those behind a number."""
        if not (cursor.isascii() and cursor.isdigit() and len(cursor) <= _DIGITS_MOST):
            raise serializers.ValidationError({"cursor": [_("Send the number of an event.")]})
        return rows.filter(place__gt=int(cursor))

    def cursor_of(self, row: PublicEvent) -> str:
        """Its number."""
        return str(row.place)
