"""The ledger, to be read: accounts with what they hold, transactions with their legs."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from kernel import clock, ids
from kernel.errors import said
from kernel.money import Money
from ledger import balances
from ledger.legs import AccountKey
from ledger.models import Account, Entry, Transaction
from ledger.purposes import OwnerKind, Purpose
from merchants.admin.trails import names_of, who
from merchants.models import Merchant
from payments.models import ChannelAccount
from web.backoffice import Inline, Reading, by, display, link, money, of, table, yes
from web.templatetags import ui

PURPOSES = {
    "channel_receivable": said("Owed by the channel"),
    "bank": said("Bank"),
    "merchant": said("Owed to the merchant"),
    "merchant_reserve": said("Reserve of the merchant"),
    "escrow": said("Escrow"),
    "dispute_hold": said("Held for a dispute"),
    "payout_transit": said("Payouts on their way"),
    "refund_transit": said("Refunds on their way"),
    "split_transit": said("Splits on their way"),
    "platform_fee": said("Platform's fees"),
    "channel_fee": said("Channel's fees"),
    "promotion": said("Promotion"),
    "fx": said("Currency exchange"),
    "buyer_balance": said("Buyer's balance"),
    "points": said("Points"),
    "points_issued": said("Points issued"),
    "surplus": said("Paid too much"),
    "suspense": said("Unexplained"),
    "rounding": said("Rounding"),
    "tax": said("Tax"),
    "bad_debt": said("Bad debt"),
}
_SUBJECTS = {
    "order": ("payments_order", "ord"),
    "payment": ("payments_payment", "pay"),
    "refund": ("payments_refund", "rfd"),
    "dispute": ("payments_dispute", "dsp"),
}


def purpose_of(account: Account) -> str:
    """What an account is for."""
    return gettext(PURPOSES.get(account.purpose, account.purpose))


def owner_of(account: Account) -> SafeString | str:
    """Whose account it is, with the way there."""
    if account.owner_kind == OwnerKind.MERCHANT:
        name = Merchant.objects.filter(pk=account.owner_id).values_list("name", flat=True).first()
        return link("merchants_merchant", account.owner_id, name or account.owner_id)
    if account.owner_kind == OwnerKind.CHANNEL_ACCOUNT:
        row = ChannelAccount.objects.filter(pk=account.owner_id).first()
        return link("payments_channelaccount", account.owner_id, row or account.owner_id)
    return gettext("Platform") if account.owner_kind == OwnerKind.PLATFORM else str(account.owner_id)


def _key(account: Account) -> AccountKey:
    return AccountKey(
        OwnerKind(account.owner_kind),
        account.owner_id,
        Purpose(account.purpose),
        account.currency,
        account.book,
        *([account.store_id] if account.store_id else []),
    )


@admin.register(Account)
class AccountAdmin(Reading):
    """Accounts, what they hold now, and their latest lines."""

    list_display = ("purpose_shown", "owner", "currency", "available", "pending", "book_label")
    list_display_links = ("purpose_shown",)
    list_filter = (by("book", "book", _("book")), "owner_kind", "currency")
    list_per_page = 25
    ordering = ("owner_kind", "purpose", "currency")
    search_help_text = _("mer_… or cac_…")
    fields = readonly_fields = (
        *("purpose_shown", "owner", "currency", "book_label", "available", "pending", "opened_at", "lines"),
    )

    def find(self, queryset: QuerySet[Any], term: str) -> QuerySet[Any]:
        return of(queryset, term, mer="owner_id", cac="owner_id")

    @display(description=_("Purpose"), ordering="purpose")
    def purpose_shown(self, account: Account) -> str:
        return purpose_of(account)

    @display(description=_("Owner"))
    def owner(self, account: Account) -> SafeString | str:
        return owner_of(account)

    @display(description=_("Available"))
    def available(self, account: Account) -> str:
        return money(_balance(account).available)

    @display(description=_("Pending"))
    def pending(self, account: Account) -> str:
        return money(_balance(account).pending)

    @display(description=_("Latest lines"))
    def lines(self, account: Account) -> SafeString:
        rows = [
            (
                ui.moment(line.occurred_at),
                link("ledger_transaction", line.transaction_id, line.reference),
                ui.moment(line.available_at),
                ui.money(line.amount),
                ui.money(line.balance),
            )
            for line in balances.lines(_key(account)).lines
        ]
        return table((_("When"), _("Transaction"), _("Available at"), _("Amount"), _("Balance")), rows)


def _balance(account: Account) -> balances.Balance:
    known = getattr(account, "_balance_now", None)
    if known is None:
        known = account._balance_now = balances.of(_key(account), at=clock.now())
    return known


class EntryRows(Inline):
    """The legs of a transaction: debits and credits."""

    model = Entry
    fields = readonly_fields = ("account_shown", "owner", "debit", "credit", "available_at", "guarded_shown")
    verbose_name_plural = _("legs")
    show_change_link = False
    tab = False

    @display(description=_("Account"))
    def account_shown(self, entry: Entry) -> SafeString | str:
        return link("ledger_account", entry.account_id, purpose_of(entry.account))

    @display(description=_("Owner"))
    def owner(self, entry: Entry) -> SafeString | str:
        return owner_of(entry.account)

    @display(description=_("Guarded"))
    def guarded_shown(self, entry: Entry) -> SafeString | str:
        return yes(holds=entry.guarded)

    @display(description=_("Debit"))
    def debit(self, entry: Entry) -> str:
        return money(Money(entry.amount, entry.currency)) if entry.amount > 0 else ""

    @display(description=_("Credit"))
    def credit(self, entry: Entry) -> str:
        return money(Money(-entry.amount, entry.currency)) if entry.amount < 0 else ""


@admin.register(Transaction)
class TransactionAdmin(Reading):
    """Transactions with their legs, as they were sealed."""

    list_display = ("reference", "kind", "subject", "actor", "book_label", "occurred_at", "posted_at")
    list_display_links = ("reference",)
    list_filter = (by("book", "book", _("book")), "kind")
    search_help_text = _("A reference, ord_…, pay_… or rfd_…")
    inlines = (EntryRows,)
    fields = readonly_fields = (
        *("reference", "kind", "subject", "actor", "book_label", "occurred_at", "posted_at", "reverses"),
        *("facts_shown", "chained"),
    )

    def find(self, queryset: QuerySet[Any], term: str) -> QuerySet[Any]:
        named = of(queryset, term, ord="subject_id", pay="subject_id", rfd="subject_id")
        return named if named.query.where else queryset.filter(reference=term)

    @display(description=_("Subject"))
    def subject(self, transaction: Transaction) -> SafeString | str:
        page, prefix = _SUBJECTS.get(transaction.subject_type, ("", ""))
        if not page:
            return f"{transaction.subject_type} {transaction.subject_id}"
        return link(page, transaction.subject_id, ids.encode(prefix, transaction.subject_id))

    @display(description=_("Actor"))
    def actor(self, transaction: Transaction) -> SafeString | str:
        return who(transaction, names_of([transaction.actor_id]))

    @display(description=_("Facts"))
    def facts_shown(self, transaction: Transaction) -> SafeString:
        return table((_("Fact"), _("Value")), sorted(transaction.facts.items()))

    @display(description=_("Place in the chain"))
    def chained(self, transaction: Transaction) -> str:
        found = getattr(transaction, "link", None)
        return f"{found.number} · {bytes(found.hash).hex()}" if found else gettext("not chained yet")
