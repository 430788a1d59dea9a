"""Merchants' webhook endpoints and what was sent to them."""

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from unfold.enums import ActionVariant
from unfold.widgets import UnfoldAdminSelectWidget

from kernel import clock, ids
from kernel.actors import Actor
from merchants.admin.trails import trail_of
from merchants.models import Merchant
from web.backoffice import Deed, Reading, by, deed, display, link, of, pill, table
from web.templatetags.ui import moment
from webhooks import queries, words
from webhooks.models import Delivery, Endpoint, Secret
from webhooks.services import endpoints, resends
from webhooks.states import DeliveryState, OffReason


class SinceDeed(Deed):
    """How far back failed deliveries are sent again."""

    hours = forms.TypedChoiceField(
        label=_("Starting from"),
        choices=[(1, _("One hour ago")), (24, _("One day ago")), (24 * 7, _("One week ago"))],
        coerce=int,
        widget=UnfoldAdminSelectWidget,
    )


def _merchant(merchant_id: Any) -> SafeString | str:
    name = Merchant.objects.filter(pk=merchant_id).values_list("name", flat=True).first()
    return link("merchants_merchant", merchant_id, name or ids.encode("mer", merchant_id))


@admin.register(Endpoint)
class EndpointAdmin(Reading):
    """Endpoints: read, and switched off with a reason. The path of an address stays the merchant's."""

    prefix = "whe"
    list_display = ("host", "merchant", "state_label", "failing_since", "accepted_at", "book_label")
    list_filter = (by("state", "endpoint", _("state")), by("book", "book", _("book")))
    search_help_text = _("whe_… or mer_…")
    actions_detail = ("resend_failed", "disable")
    fields = readonly_fields = (
        *("key", "host", "merchant", "book_label", "state_label", "off_shown", "filters", "api_version"),
        *("day", "failing_since", "held_until", "accepted_at", "secret_age", "created_at", "trail"),
    )

    def find(self, queryset: QuerySet[Any], term: str) -> QuerySet[Any]:
        return of(queryset, term, mer="merchant_id")

    @display(description=_("Host"))
    def host(self, endpoint: Endpoint) -> str:
        return endpoint.host

    @display(description=_("Merchant"))
    def merchant(self, endpoint: Endpoint) -> SafeString | str:
        return _merchant(endpoint.merchant_id)

    @display(description=_("State"))
    def state_label(self, endpoint: Endpoint) -> SafeString:
        is_failing = endpoint.is_enabled and endpoint.failing_since
        return pill("endpoint", "failing" if is_failing else endpoint.state)

    @display(description=_("Why it is off"))
    def off_shown(self, endpoint: Endpoint) -> str:
        return f"{words.of_off(endpoint.off_reason)} {endpoint.off_note}".strip() or "—"

    @display(description=_("Hears of"))
    def filters(self, endpoint: Endpoint) -> str:
        return ", ".join(endpoint.topics)

    @display(description=_("Last 24 hours"))
    def day(self, endpoint: Endpoint) -> SafeString:
        health = queries.health([endpoint.pk])[endpoint.pk]
        heads = (_("Acknowledged"), _("Failed"), _("Waiting"))
        return table(heads, [map(str, (health.delivered, health.dead, health.pending))])

    @display(description=_("Secret made"))
    def secret_age(self, endpoint: Endpoint) -> SafeString | str:
        made = Secret.objects.filter(endpoint=endpoint, place="current").first()
        return moment(made.created_at) if made else "—"

    @display(description=_("Deeds"))
    def trail(self, endpoint: Endpoint) -> SafeString:
        return trail_of(endpoint.pk)

    @deed(
        _("Switch off"),
        permission="webhooks.change_endpoint",
        icon="power_settings_new",
        variant=ActionVariant.DANGER,
        says=_("Nothing more is sent to it, and its merchant gets a mail. Your reason is shown to them."),
        fits=lambda endpoint: endpoint.is_enabled,
    )
    def disable(self, actor: Actor, endpoint: Endpoint, *, reason: str) -> str:
        endpoints.disable(endpoint, OffReason.OPERATOR, actor=actor, note=reason)
        return gettext("The endpoint is switched off.")

    @deed(
        _("Send again what failed"),
        permission="webhooks.change_endpoint",
        icon="replay",
        says=_("What was given up since then is sent again, in the order of each object."),
        form=SinceDeed,
        fits=lambda endpoint: endpoint.is_enabled,
    )
    def resend_failed(self, actor: Actor, endpoint: Endpoint, *, hours: int, reason: str) -> str:
        since = clock.now() - timedelta(hours=hours)
        count = resends.failed(endpoint, since=since, actor=actor, reason=reason)
        return ngettext("{n} event is sent again.", "{n} events are sent again.", count).format(n=count)


@admin.register(Delivery)
class DeliveryAdmin(Reading):
    """Deliveries: read, and sent again with a reason."""

    prefix = "whd"
    list_display = ("topic", "endpoint_link", "state_label", "attempts", "answer", "created_at", "ended_at")
    list_select_related = ("endpoint",)
    list_filter = (by("state", "delivery", _("state")),)
    search_help_text = _("whd_… or whe_…")
    actions_detail = ("resend",)
    fields = readonly_fields = (
        *("key", "event_key", "topic", "endpoint_link", "state_label", "answer", "attempts", "created_at"),
        *("first_at", "resent_at", "ended_at", "tries", "trail"),
    )

    def find(self, queryset: QuerySet[Any], term: str) -> QuerySet[Any]:
        return of(queryset, term, whe="endpoint")

    @display(description=_("Event"))
    def event_key(self, delivery: Delivery) -> SafeString | str:
        return link("outbox_event", delivery.event_id, delivery.event_key)

    @display(description=_("Endpoint"))
    def endpoint_link(self, delivery: Delivery) -> SafeString | str:
        return link("webhooks_endpoint", delivery.endpoint_id, delivery.endpoint.host)

    @display(description=_("State"))
    def state_label(self, delivery: Delivery) -> SafeString:
        return pill("delivery", delivery.state)

    @display(description=_("Last answer"))
    def answer(self, delivery: Delivery) -> str:
        return str(delivery.status) if delivery.status else words.of_error(delivery.error) or "—"

    @display(description=_("Attempts"))
    def tries(self, delivery: Delivery) -> SafeString:
        return table(
            (_("When"), _("Answer"), _("Took"), _("What it said")),
            [
                (moment(one.started_at), one.status or words.of_error(one.error), f"{one.duration_ms} ms",
                 one.excerpt[:200])
                for one in queries.attempts(delivery)
            ],
            _("It was not sent yet."),
        )  # fmt: skip

    @display(description=_("Deeds"))
    def trail(self, delivery: Delivery) -> SafeString:
        return trail_of(delivery.pk)

    @deed(
        _("Send again"),
        permission="webhooks.change_delivery",
        icon="replay",
        variant=ActionVariant.SUCCESS,
        says=_("The endpoint gets the same bytes again, now."),
        fits=lambda delivery: delivery.state != DeliveryState.PENDING and delivery.endpoint.is_enabled,
    )
    def resend(self, actor: Actor, delivery: Delivery, *, reason: str) -> str:
        resends.one(delivery, actor=actor, reason=reason)
        return gettext("It is sent again now.")
