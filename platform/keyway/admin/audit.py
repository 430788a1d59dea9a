"""The audit trail: who did what to which, from where, why."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from audit import queries
from audit.models import AuditRow, Link
from kernel import ids
from kernel.errors import NotFound
from merchants.admin.trails import names_of, who
from merchants.models import User
from vault.errors import Unreadable
from web.backoffice import Reading, by, display, link, table

# What a row may be about, and its page: prefix of its names, and where it is shown.
_PAGES = {
    "order": ("ord", "payments_order"),
    "payment": ("pay", "payments_payment"),
    "refund": ("rfd", "payments_refund"),
    "dispute": ("dsp", "payments_dispute"),
    "alert": ("alr", "payments_alert"),
    "channel_account": ("cac", "payments_channelaccount"),
    "merchant": ("mer", "merchants_merchant"),
    "store": ("sto", "merchants_store"),
    "product": ("prd", "merchants_product"),
    "user": ("usr", "merchants_user"),
    "fee_plan": ("pln", "settlement_feeplanversion"),
    "risk_limit": ("lim", "risk_limit"),
    "risk_entry": ("lst", "risk_listentry"),
    "risk_policy": ("pol", "risk_policy"),
    "risk_decision": ("dec", "risk_decision"),
}
_PREFIXES = sorted({prefix for prefix, _page in _PAGES.values()})


@admin.register(AuditRow)
class AuditRowAdmin(Reading):
    """The trail, newest first. Nothing here can be changed by anybody."""

    prefix = "aud"
    list_display = ("at", "actor", "action", "subject", "reason", "request")
    list_display_links = ("at",)
    list_filter = (by("actor_kind", "actor", _("actor")),)
    date_hierarchy = None
    search_help_text = _("The name of a thing (ord_…, mer_…), an e-mail address of who did it, or a deed")
    fields = readonly_fields = (
        *("at", "actor", "origin", "action", "subject", "merchant", "reason", "request", "facts_shown"),
        *("chained",),
    )

    def find(self, queryset: QuerySet[Any], term: str) -> QuerySet[Any]:
        if "@" in term:
            return queryset.filter(actor_id__in=User.objects.filter(email=term.lower()).values("pk"))
        for prefix in _PREFIXES:
            if term.startswith(f"{prefix}_"):
                key = ids.decode(prefix, term)
                of_merchant = queryset.filter(merchant_id=key) if prefix == "mer" else queryset.none()
                return queryset.filter(subject_id=key) | of_merchant
        return queryset.filter(action=term)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        term = search_term.strip()
        if not term:
            return queryset, False
        try:
            return self.find(queryset, term), False
        except NotFound:
            return queryset.none(), False

    @display(description=_("Who"))
    def actor(self, row: AuditRow) -> SafeString | str:
        return who(row, names_of([row.actor_id]))

    @display(description=_("From"))
    def origin(self, row: AuditRow) -> str:
        try:
            return queries.origin_of(row) or "—"
        except Unreadable:
            return gettext("erased")

    @display(description=_("Thing"))
    def subject(self, row: AuditRow) -> SafeString | str:
        prefix, page = _PAGES.get(row.subject_kind, ("", ""))
        if not prefix:
            return f"{row.subject_kind} {row.subject_id}"
        return link(page, row.subject_id, ids.encode(prefix, row.subject_id))

    @display(description=_("Merchant"))
    def merchant(self, row: AuditRow) -> SafeString | str:
        if row.merchant_id is None:
            return "—"
        return link("merchants_merchant", row.merchant_id, ids.encode("mer", row.merchant_id))

    @display(description=_("Facts"))
    def facts_shown(self, row: AuditRow) -> SafeString:
        return table((_("Fact"), _("Value")), sorted(row.facts.items()))

    @display(description=_("Place in the chain"))
    def chained(self, row: AuditRow) -> str:
        found = Link.objects.filter(row_id=row.pk).first()
        return f"{found.number} · {bytes(found.hash).hex()}" if found else gettext("not chained yet")
