"""Refunds: money on its way back."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.enums import ActionVariant

import audit
from kernel import clock, ids
from kernel.actors import Actor
from merchants.admin.trails import trail_of
from web.backoffice import Reading, SimpleListFilter, by, deed, display, link, money, of, pill
from web.vocabulary import word

from .. import limits
from ..models import Refund
from ..services import refunds, retries
from ..states import OPEN_REFUNDS


class Stuck(SimpleListFilter):
    """Those on their way for more than a day: the channel has not said how they end."""

    title, parameter_name = _("standing"), "standing"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("stuck", _("Stuck for more than a day"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() != "stuck":
            return queryset
        before = clock.now() - limits.UNKNOWN_ALERT_AFTER
        return queryset.filter(state__in=sorted(OPEN_REFUNDS), requested_at__lt=before)


@admin.register(Refund)
class RefundAdmin(Reading):
    """Refunds, to be read; an open one is asked about here, under its own number."""

    prefix = "rfd"
    list_display = (
        *("key", "order_link", "merchant", "money", "kind_label", "state_label", "code", "book_label"),
        "requested_at",
    )
    list_select_related = ("order", "merchant")
    list_filter = (
        Stuck,
        by("state", "refund", _("state")),
        by("kind", "refund_kind", _("kind")),
        by("book", "book", _("book")),
    )
    search_help_text = _("rfd_…, ord_… or mer_…")
    actions_detail = ("ask_channel", "try_again")
    fields = readonly_fields = (
        *("key", "order_link", "payment_link", "merchant", "money", "kind_label", "state_label", "reason"),
        *("platform_fee_shown", "channel_fee_shown", "code", "message", "requested_at", "concluded_at"),
        *("next_query_at", "queries", "retries", "trail"),
    )

    def find(self, queryset: QuerySet[Any], term: str) -> QuerySet[Any]:
        return of(queryset, term, ord="order", mer="merchant", pay="payment")

    @display(description=_("Order"))
    def order_link(self, refund: Refund) -> SafeString | str:
        return link("payments_order", refund.order_id, refund.order.number)

    @display(description=_("Payment"))
    def payment_link(self, refund: Refund) -> SafeString | str:
        return link("payments_payment", refund.payment_id, ids.encode("pay", refund.payment_id))

    @display(description=_("Amount"), ordering="amount")
    def money(self, refund: Refund) -> str:
        return money(refund.money)

    @display(description=_("Kind"))
    def kind_label(self, refund: Refund) -> SafeString | str:
        return pill("refund_kind", refund.kind)

    @display(description=_("State"))
    def state_label(self, refund: Refund) -> SafeString | str:
        return pill("refund", refund.state)

    @display(description=_("Platform's fee given back"))
    def platform_fee_shown(self, refund: Refund) -> str:
        return money(refund.platform_fee, refund.currency)

    @display(description=_("Channel's fee given back"))
    def channel_fee_shown(self, refund: Refund) -> str:
        return money(refund.channel_fee, refund.currency)

    @display(description=_("Deeds"))
    def trail(self, refund: Refund) -> SafeString:
        return trail_of(refund.pk, refund.order_id)

    @deed(
        _("Ask the channel"),
        permission="payments.change_refund",
        icon="sync",
        says=_("The channel is asked about this refund. Nothing is refunded a second time."),
        fits=lambda refund: refund.state in OPEN_REFUNDS,
    )
    def ask_channel(self, actor: Actor, refund: Refund, *, reason: str) -> str:
        audit.record(
            actor,
            "refund.channel_asked",
            ("refund", refund.pk),
            merchant_id=refund.merchant_id,
            reason=reason,
        )
        refunds.ask(refund)
        return gettext("The channel was asked.")

    @deed(
        _("Try again"),
        permission="payments.change_refund",
        icon="replay",
        variant=ActionVariant.PRIMARY,
        says=_(
            "The channel is asked first. If nothing was refunded under this number, the money is set aside"
            " again and the refund is sent once more under the same number, so it cannot go back twice."
        ),
        fits=retries.is_due,
    )
    def try_again(self, actor: Actor, refund: Refund, *, reason: str) -> str:
        known = word("refund", retries.begin(refund, actor=actor, reason=reason).state)
        return gettext("The refund was tried again: %(state)s.") % {"state": gettext(known.text)}
