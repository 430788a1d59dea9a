"""Events and those that nobody could handle."""

from typing import Any

from django.contrib import admin
from django.db import transaction
from django.db.models import QuerySet
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.enums import ActionVariant

import audit
from kernel import ids
from kernel.actors import Actor
from outbox.models import Event, Number, Parked, ParkedState
from outbox.services import deliveries
from web.backoffice import Reading, badge, by, deed, display, link, table


@admin.register(Event)
class EventAdmin(Reading):
    """What happened, as it was written."""

    prefix = "evt"
    list_display = ("created_at", "topic", "subject", "book_label")
    list_display_links = ("created_at",)
    list_filter = (by("book", "book", _("book")),)
    search_help_text = _("evt_…")
    fields = readonly_fields = (
        *("key", "topic", "subject", "book_label", "created_at", "numbered", "payload_shown"),
    )

    @display(description=_("Subject"))
    def subject(self, event: Event) -> str:
        return f"{event.subject_kind} {event.subject_id}"

    @display(description=_("Number"))
    def numbered(self, event: Event) -> str:
        found = Number.objects.filter(event_id=event.pk).values_list("number", flat=True).first()
        return str(found) if found else gettext("not numbered yet")

    @display(description=_("Payload"))
    def payload_shown(self, event: Event) -> SafeString:
        return table((_("Fact"), _("Value")), sorted(event.payload.items()))


@admin.register(Parked)
class ParkedAdmin(Reading):
    """Events that a subscriber could not handle; a dead one is tried again here."""

    prefix = "prk"
    list_display = (
        "event_link",
        "subscriber",
        "state_label",
        "attempts",
        "error",
        "next_try_at",
        "parked_at",
    )
    list_filter = ("state", "subscriber")
    search_help_text = _("evt_…")
    actions_detail = ("retry",)
    fields = readonly_fields = (
        *("event_link", "subscriber", "state_label", "attempts", "error", "next_try_at", "parked_at"),
    )

    def find(self, queryset: QuerySet[Any], term: str) -> QuerySet[Any]:
        return (
            queryset.filter(event_id=ids.decode("evt", term)) if term.startswith("evt_") else queryset.none()
        )

    @display(description=_("Event"))
    def event_link(self, parked: Parked) -> SafeString | str:
        return link("outbox_event", parked.event_id, ids.encode("evt", parked.event_id))

    @display(description=_("State"))
    def state_label(self, parked: Parked) -> SafeString | str:
        tone = {ParkedState.DEAD: "danger", ParkedState.TRYING: "warning"}.get(parked.state, "neutral")
        return badge(ParkedState(parked.state).label, tone)

    @deed(
        _("Try again"),
        permission="outbox.change_parked",
        icon="replay",
        variant=ActionVariant.SUCCESS,
        says=_("The subscriber gets the event again, from the first attempt on."),
        fits=lambda parked: parked.state == ParkedState.DEAD,
    )
    def retry(self, actor: Actor, parked: Parked, *, reason: str) -> str:
        with transaction.atomic():
            deliveries.retry(parked)
            audit.record(actor, "outbox.retried", ("outbox_parked", parked.pk), reason=reason)
        return gettext("The event will be tried again.")
