"""Statements, to be read: what a period came to, and what became of it."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from kernel import ids
from kernel.actors import Actor
from merchants.admin.trails import trail_of
from web.backoffice import Reading, by, deed, display, link, money, pill, table

from .. import exports
from ..models import Payout, Statement
from ..services import payouts
from ..states import Outcome


@admin.register(Statement)
class StatementAdmin(Reading):
    """Statements of all merchants, newest first."""

    prefix = "stm"
    ordering = ("-upto", "-pk")
    list_display = (
        *("name", "merchant_link", "upto", "sales_shown", "refunds_shown", "fees_shown", "closing_shown"),
        *("outcome_label", "book_label"),
    )
    list_display_links = ("name",)
    list_select_related = ("merchant",)
    list_filter = (by("outcome", "statement", _("outcome")), by("book", "book", _("book")), "currency")
    search_help_text = _("stm_… or mer_…")
    actions_detail = ("draft",)
    fields = readonly_fields = (
        *("name", "merchant_link", "previous", "upto", "figures", "entries", "outcome_label", "carried"),
        *("payout_link", "book_label", "created_at", "trail"),
    )

    def find(self, queryset: QuerySet[Any], term: str) -> QuerySet[Any]:
        return (
            queryset.filter(merchant=ids.decode("mer", term)) if term.startswith("mer_") else queryset.none()
        )

    @display(description=_("Statement"))
    def name(self, statement: Statement) -> str:
        return statement.title

    @display(description=_("Merchant"))
    def merchant_link(self, statement: Statement) -> SafeString | str:
        return link("merchants_merchant", statement.merchant_id, statement.merchant)

    @display(description=_("Sales"))
    def sales_shown(self, statement: Statement) -> str:
        return money(statement.money("sales"))

    @display(description=_("Refunds"))
    def refunds_shown(self, statement: Statement) -> str:
        return money(statement.money("refunds"))

    @display(description=_("Fees"))
    def fees_shown(self, statement: Statement) -> str:
        return money(statement.money("fees"))

    @display(description=_("Closing balance"))
    def closing_shown(self, statement: Statement) -> str:
        return money(statement.money("closing"))

    @display(description=_("Figures"))
    def figures(self, statement: Statement) -> SafeString:
        rows = [(gettext(exports.FIGURES[name]), money(amount)) for name, amount in statement.figures]
        return table((_("Figure"), _("Amount")), rows)

    @display(description=_("Outcome"))
    def outcome_label(self, statement: Statement) -> SafeString | str:
        return pill("statement", statement.outcome)

    @display(description=_("Payout"))
    def payout_link(self, statement: Statement) -> SafeString | str:
        payout = Payout.objects.filter(statement=statement).first()
        return link("settlement_payout", payout.pk, payout.request_no) if payout else "—"

    @display(description=_("Deeds"))
    def trail(self, statement: Statement) -> SafeString:
        return trail_of(statement.pk)

    @deed(
        _("Draft the payout"),
        permission="settlement.change_payout",
        icon="outbound",
        says=_("What was carried forward is set aside for a payout. Who drafts it cannot approve it."),
        fits=lambda statement: statement.outcome == Outcome.CARRIED,
    )
    def draft(self, actor: Actor, statement: Statement, *, reason: str) -> str:
        payouts.draft(statement, maker=actor, reason=reason)
        return gettext("The payout was drafted; two others approve it.")
