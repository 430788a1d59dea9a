"""Alerts: what a person has to look at."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.enums import ActionVariant

from kernel import ids
from kernel.actors import Actor
from kernel.errors import said
from merchants.admin.trails import trail_of
from web.backoffice import Reading, SimpleListFilter, by, deed, display, link, table

from ..models import Alert
from ..services import alerts
from ..services.alerts import Matter

WORDS = {
    Matter.NOTICE_UNVERIFIED: said("Somebody sends notices that are not genuine"),
    Matter.NOTICE_MISMATCH: said("A genuine notice does not fit its payment"),
    Matter.NOTICE_STUCK: said("A genuine notice cannot be applied"),
    Matter.PAYMENT_OTHER_AMOUNT: said("Another amount came than was asked for"),
    Matter.PAYMENT_UNKNOWN: said("The channel has not said for a day how a payment stands"),
    Matter.REFUND_UNKNOWN: said("The channel has not said how a refund stands"),
    Matter.REFUND_FAILED: said("A refund failed"),
    Matter.REFUND_STRANGE: said("Somebody refunded at the channel, not here"),
    Matter.PAYOUT_UNKNOWN: said("The bank has not said for a day how a payout stands"),
    Matter.DISPUTE_OPENED: said("A buyer's bank disputes a payment"),
    Matter.DELIVERY_FAILED: said("An order is paid and could not be delivered"),
    Matter.WEBHOOK_FAILING: said("A merchant's endpoint accepts no webhooks"),
    Matter.WEBHOOK_DISABLED: said("A merchant's endpoint was switched off"),
}
_PAGES = {
    "order": ("payments_order", "ord"),
    "payment": ("payments_payment", "pay"),
    "refund": ("payments_refund", "rfd"),
    "payout": ("settlement_payout", "po"),
    "dispute": ("payments_dispute", "dsp"),
    "channel_account": ("payments_channelaccount", "cac"),
    "account": ("payments_channelaccount", "cac"),
    "webhook_endpoint": ("webhooks_endpoint", "whe"),
}


def words_of(alert: Alert) -> str:
    """What the alert is about."""
    known = WORDS.get(alert.code)  # type: ignore[call-overload]
    return gettext(known) if known else alert.code


class Standing(SimpleListFilter):
    """Open ones first: they are what the list is for."""

    title, parameter_name = _("standing"), "standing"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("resolved", _("Resolved")), ("all", _("All"))]

    def choices(self, changelist: Any) -> Any:
        shown = list(super().choices(changelist))
        shown[0]["display"] = _("Open")
        return shown

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "all":
            return queryset
        return queryset.filter(resolved_at__isnull=self.value() != "resolved")


@admin.register(Alert)
class AlertAdmin(Reading):
    """Alerts: read, dealt with elsewhere, and resolved here."""

    prefix = "alr"
    list_display = ("what", "about", "merchant", "count", "book_label", "first_at", "last_at", "resolved_at")
    list_select_related = ("merchant",)
    list_filter = (Standing, by("book", "book", _("book")))
    ordering = ("-last_at",)
    search_help_text = _("mer_…")
    actions_detail = ("resolve",)
    fields = readonly_fields = (
        *("what", "about", "merchant", "book_label", "count", "first_at", "last_at", "resolved_at"),
        *("facts_shown", "trail"),
    )

    def find(self, queryset: QuerySet[Any], term: str) -> QuerySet[Any]:
        return (
            queryset.filter(merchant=ids.decode("mer", term)) if term.startswith("mer_") else queryset.none()
        )

    @display(description=_("What"))
    def what(self, alert: Alert) -> str:
        return words_of(alert)

    @display(description=_("About"))
    def about(self, alert: Alert) -> SafeString | str:
        page, prefix = _PAGES.get(alert.subject_type, ("", ""))
        text = ids.encode(prefix, alert.subject_id) if prefix else str(alert.subject_id)
        return link(page, alert.subject_id, text) if page else f"{alert.subject_type} {text}"

    @display(description=_("Facts"))
    def facts_shown(self, alert: Alert) -> SafeString:
        return table((_("Fact"), _("Value")), sorted(alert.facts.items()))

    @display(description=_("Deeds"))
    def trail(self, alert: Alert) -> SafeString:
        return trail_of(alert.pk)

    @deed(
        _("Resolve"),
        permission="payments.change_alert",
        icon="task_alt",
        variant=ActionVariant.SUCCESS,
        says=_("It has been dealt with. If it comes back, a new alert is opened."),
        fits=lambda alert: alert.resolved_at is None,
    )
    def resolve(self, actor: Actor, alert: Alert, *, reason: str) -> str:
        alerts.resolve(alert, actor=actor, reason=reason)
        return gettext("The alert was resolved.")
