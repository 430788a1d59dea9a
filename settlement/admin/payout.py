"""Payouts: approved by two operators, refused, asked about at the bank."""

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
from ledger import balances
from merchants.admin.trails import trail_of
from merchants.sign_in import codes
from web.backoffice import Reading, SimpleListFilter, by, deed, display, link, money, pill
from web.templatetags import ui

from .. import queries
from ..limits import APPROVAL_LIFE
from ..models import Payout
from ..postings import merchant_account
from ..proof import Proof
from ..services import payouts
from ..states import AT_THE_BANK, AWAITING, PayoutState
from .approval import Approval

_STOPPABLE = AWAITING | {PayoutState.APPROVED}


class Stuck(SimpleListFilter):
    """Those unknown for more than a day: the bank has not said how they end."""

    title, parameter_name = _("standing"), "standing"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("stuck", _("Stuck for more than a day"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() != "stuck":
            return queryset
        return queryset.filter(queries.is_stuck())


@admin.register(Payout)
class PayoutAdmin(Reading):
    """Money that leaves. Two different operators approve each payout, each with a fresh code."""

    prefix = "po"
    list_display = (
        *("key", "merchant_link", "money", "to", "state_label", "approvals", "waiting", "book_label"),
    )
    list_select_related = ("merchant", "bank_account", "statement")
    list_filter = (Stuck, by("state", "payout", _("state")), by("book", "book", _("book")))
    search_help_text = _("po_… or mer_…")
    actions_detail = ("approve", "ask_bank", "reject")
    fieldsets = (
        (
            None,
            {
                "fields": (
                    *("key", "merchant_link", "statement_link", "money", "balance_after", "to", "holder"),
                    *("account_age", "state_label", "book_label"),
                )
            },
        ),
        (
            _("Who drafted and approved it"),
            {
                "fields": (
                    *("maker_shown", "drafted_at", "first_approved_by", "first_approved_at", "lapses"),
                    *("second_approved_by", "second_approved_at", "reason"),
                )
            },
        ),
        (
            _("At the bank"),
            {"fields": ("sent_at", "paid_at", "concluded_at", "code", "message", "next_query_at", "queries")},
        ),
        (None, {"fields": ("trail",)}),
    )
    readonly_fields = tuple(name for _title, part in fieldsets for name in part["fields"])

    def find(self, queryset: QuerySet[Any], term: str) -> QuerySet[Any]:
        return (
            queryset.filter(merchant=ids.decode("mer", term)) if term.startswith("mer_") else queryset.none()
        )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("maker", "first_approved_by")

    @display(description=_("Merchant"))
    def merchant_link(self, payout: Payout) -> SafeString | str:
        return link("merchants_merchant", payout.merchant_id, payout.merchant)

    @display(description=_("Statement"))
    def statement_link(self, payout: Payout) -> SafeString | str:
        return link("settlement_statement", payout.statement_id, payout.statement.title)

    @display(description=_("Amount"), ordering="amount")
    def money(self, payout: Payout) -> str:
        return money(payout.money)

    @display(description=_("The merchant's balance now, without it"))
    def balance_after(self, payout: Payout) -> str:
        key = merchant_account(payout.merchant_id, payout.currency, payout.book)
        return money(balances.of(key, at=clock.now(payout.merchant)).available)

    @display(description=_("To"))
    def to(self, payout: Payout) -> str:
        return f"{payout.bank_account.bank} {payout.bank_account.masked}"

    @display(description=_("Account holder"))
    def holder(self, payout: Payout) -> str:
        return str(payout.bank_account.holder)

    @display(description=_("Account in use since"))
    def account_age(self, payout: Payout) -> SafeString | str:
        at = payout.bank_account.confirmed_at
        return ui.ago(at) if at else "—"

    @display(description=_("State"))
    def state_label(self, payout: Payout) -> SafeString | str:
        return pill("payout", payout.state)

    @display(description=_("Approvals"))
    def approvals(self, payout: Payout) -> str:
        if payout.first_approval_has_lapsed:
            return f"0/2 · {gettext('lapsed')}"
        given = [payout.first_approved_by_id, payout.second_approved_by_id]
        return f"{sum(key is not None for key in given)}/2"

    @display(description=_("First approval counts until"))
    def lapses(self, payout: Payout) -> SafeString | str:
        given = payout.first_approved_at
        if given is None or payout.state != PayoutState.FIRST_APPROVED:
            return "—"
        if payout.first_approval_has_lapsed:
            return gettext("Lapsed after 72 hours: it needs a first approval anew.")
        return ui.moment(given + APPROVAL_LIFE)

    @display(description=_("Drafted"), ordering="drafted_at")
    def waiting(self, payout: Payout) -> SafeString:
        return ui.ago(payout.drafted_at)

    @display(description=_("Drafted by"))
    def maker_shown(self, payout: Payout) -> str:
        return str(payout.maker) if payout.maker else gettext("the settlement cycle")

    @display(description=_("Deeds"))
    def trail(self, payout: Payout) -> SafeString:
        return trail_of(payout.pk, payout.statement_id)

    @deed(
        _("Approve"),
        permission="settlement.change_payout",
        icon="task_alt",
        variant=ActionVariant.SUCCESS,
        form=Approval,
        says=_(
            "Two different operators approve, neither of whom drafted it or changed its bank account within"
            " 72 hours. The second approval follows the first within 72 hours, or the first lapses. After the"
            " second it is sent to the bank."
        ),
        fits=lambda payout: payout.state in AWAITING,
    )
    def approve(self, actor: Actor, payout: Payout, *, code: str, reason: str) -> str:
        had_lapsed = payout.first_approval_has_lapsed
        done = payouts.approve(payout, actor, Proof(codes.require(actor.id, code)), reason)
        if done.state == PayoutState.APPROVED:
            return gettext("Approved by two: it is sent to the bank.")
        if had_lapsed:
            return gettext(
                "The first approval had lapsed after 72 hours, so yours is the first. It waits for a second"
                " operator."
            )
        return gettext("Approved. It waits for a second operator.")

    @deed(
        _("Refuse"),
        permission="settlement.change_payout",
        icon="block",
        variant=ActionVariant.DANGER,
        says=_("The payout ends here, and the merchant has the money again at once."),
        fits=lambda payout: payout.state in _STOPPABLE,
    )
    def reject(self, actor: Actor, payout: Payout, *, reason: str) -> str:
        payouts.reject(payout, actor, reason)
        return gettext("The payout was refused; the merchant has the money again.")

    @deed(
        _("Ask the bank"),
        permission="settlement.change_payout",
        icon="sync",
        says=_("The bank is asked about this payout under its number. Nothing is paid a second time."),
        fits=lambda payout: payout.state in AT_THE_BANK | {PayoutState.PAID},
    )
    def ask_bank(self, actor: Actor, payout: Payout, *, reason: str) -> str:
        audit.record(
            actor, "payout.bank_asked", ("payout", payout.pk), merchant_id=payout.merchant_id, reason=reason
        )
        payouts.ask(payout)
        return gettext("The bank was asked.")
