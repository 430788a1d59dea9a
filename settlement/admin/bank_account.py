"""Merchants' bank accounts: confirmed by an operator before anything is paid to them."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.enums import ActionVariant

from kernel import ids
from kernel.actors import Actor
from merchants.admin.trails import trail_of
from web.backoffice import Reading, by, deed, display, link, pill

from ..models import BankAccount
from ..services import bank_accounts
from ..states import BankAccountState


@admin.register(BankAccount)
class BankAccountAdmin(Reading):
    """Where merchants are paid; only the last digits of a number are shown."""

    prefix = "bac"
    list_display = ("key", "merchant_link", "currency", "bank", "masked", "state_label", "book_label")
    list_select_related = ("merchant",)
    list_filter = (by("state", "bank_account", _("state")), by("book", "book", _("book")))
    search_help_text = _("bac_… or mer_…")
    actions_detail = ("confirm", "retire")
    fields = readonly_fields = (
        *("key", "merchant_link", "currency", "bank", "holder_shown", "masked", "state_label", "book_label"),
        *("changed_by", "changed_at", "confirmed_by", "confirmed_at", "retired_at", "trail"),
    )

    def find(self, queryset: QuerySet[Any], term: str) -> QuerySet[Any]:
        return (
            queryset.filter(merchant=ids.decode("mer", term)) if term.startswith("mer_") else queryset.none()
        )

    @display(description=_("Merchant"))
    def merchant_link(self, account: BankAccount) -> SafeString | str:
        return link("merchants_merchant", account.merchant_id, account.merchant)

    @display(description=_("Account holder"))
    def holder_shown(self, account: BankAccount) -> str:
        return str(account.holder)

    @display(description=_("Number"))
    def masked(self, account: BankAccount) -> str:
        return account.masked

    @display(description=_("State"))
    def state_label(self, account: BankAccount) -> SafeString | str:
        return pill("bank_account", account.state)

    @display(description=_("Deeds"))
    def trail(self, account: BankAccount) -> SafeString:
        return trail_of(account.pk)

    @deed(
        _("Confirm"),
        permission="settlement.change_bankaccount",
        icon="verified",
        variant=ActionVariant.SUCCESS,
        says=_("Payouts go to this account from now on. The one before it in this currency is retired."),
        fits=lambda account: account.state == BankAccountState.PENDING,
    )
    def confirm(self, actor: Actor, account: BankAccount, *, reason: str) -> str:
        bank_accounts.confirm(account, actor=actor, reason=reason)
        return gettext("The account is confirmed.")

    @deed(
        _("Retire"),
        permission="settlement.change_bankaccount",
        icon="block",
        variant=ActionVariant.DANGER,
        says=_("Nothing is paid to this account any more. Payouts to it that wait can only be refused."),
        fits=lambda account: account.state != BankAccountState.RETIRED,
    )
    def retire(self, actor: Actor, account: BankAccount, *, reason: str) -> str:
        bank_accounts.retire(account, actor=actor, reason=reason)
        return gettext("The account is retired.")
