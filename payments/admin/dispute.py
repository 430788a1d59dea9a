"""Disputes: what buyers' banks have taken back, or ask about."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from kernel import ids
from merchants.admin.trails import trail_of
from web.backoffice import Reading, by, display, link, money, of, pill

from ..models import Dispute


@admin.register(Dispute)
class DisputeAdmin(Reading):
    """Disputes, to be read."""

    prefix = "dsp"
    list_display = (
        *("key", "order_link", "merchant", "money", "state_label", "funds_label", "reason"),
        *("evidence_due_by", "book_label", "opened_at"),
    )
    list_select_related = ("order", "merchant")
    list_filter = (
        by("state", "dispute", _("state")),
        by("funds", "dispute_funds", _("where the money is")),
        by("book", "book", _("book")),
    )
    search_help_text = _("dsp_…, ord_…, mer_… or pay_…")
    fields = readonly_fields = (
        *("key", "channel_dispute", "order_link", "payment_link", "merchant", "money", "fee_shown"),
        *("state_label", "funds_label", "reason", "evidence_due_by", "opened_at", "concluded_at", "trail"),
    )

    def find(self, queryset: QuerySet[Any], term: str) -> QuerySet[Any]:
        return of(queryset, term, ord="order", mer="merchant", pay="payment")

    @display(description=_("Order"))
    def order_link(self, dispute: Dispute) -> SafeString | str:
        return link("payments_order", dispute.order_id, dispute.order.number)

    @display(description=_("Payment"))
    def payment_link(self, dispute: Dispute) -> SafeString | str:
        return link("payments_payment", dispute.payment_id, ids.encode("pay", dispute.payment_id))

    @display(description=_("Amount"), ordering="amount")
    def money(self, dispute: Dispute) -> str:
        return money(dispute.money)

    @display(description=_("Charged for it"))
    def fee_shown(self, dispute: Dispute) -> str:
        return money(dispute.charged)

    @display(description=_("State"))
    def state_label(self, dispute: Dispute) -> SafeString | str:
        return pill("dispute", dispute.state)

    @display(description=_("Where the money is"))
    def funds_label(self, dispute: Dispute) -> SafeString | str:
        return pill("dispute_funds", dispute.funds)

    @display(description=_("Deeds"))
    def trail(self, dispute: Dispute) -> SafeString:
        return trail_of(dispute.pk, dispute.order_id)
