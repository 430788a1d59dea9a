"""The audit trail: who did what to which, from where, why."""

import re
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from audit import queries
from audit.models import AuditRow, Link
from kernel import clock, ids
from kernel.errors import NotFound
from merchants.admin.trails import names_of, who
from merchants.models import User
from vault.errors import Unreadable
from web.backoffice import Reading, SimpleListFilter, by, display, link, table

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
    "notice": ("ntc", "payments_notice"),
    "payout": ("po", "settlement_payout"),
    "statement": ("stm", "settlement_statement"),
    "bank_account": ("bac", "settlement_bankaccount"),
    "webhook_endpoint": ("whe", "webhooks_endpoint"),
    "webhook_delivery": ("whd", "webhooks_delivery"),
}
_PREFIXES = sorted({prefix for prefix, _page in _PAGES.values()})


_DAYS = re.compile(r"(?P<first>\d{4}-\d\d-\d\d)(?:\.\.(?P<last>\d{4}-\d\d-\d\d))?")
_DEED = re.compile(r"[a-z_]+\.[a-z_.]*")
_WORDS_MOST = 6


def _between(queryset: QuerySet[Any], first: str, last: str) -> QuerySet[Any]:
    """The rows of these days, both included, in the platform's zone. Rows are numbered by time."""
    zone = ZoneInfo(settings.TIME_ZONE)
    try:
        begins, ends = (date.fromisoformat(day) for day in (first, last))
    except ValueError:
        return queryset.none()
    start = datetime.combine(begins, time.min, zone)
    return queryset.filter(pk__gte=_first_id(start), at__lt=datetime.combine(ends, time.max, zone))


def _first_id(moment: datetime) -> UUID:
    return UUID(int=int(moment.timestamp() * 1000) << 80)


class Since(SimpleListFilter):
    """The last days."""

    title, parameter_name = _("when"), "days"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("1", _("The last 24 hours")), ("7", _("The last 7 days")), ("30", _("The last 30 days"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        days = self.value()
        if days not in ("1", "7", "30"):
            return queryset
        return queryset.filter(pk__gte=_first_id(clock.now() - timedelta(days=int(days))))


@admin.register(AuditRow)
class AuditRowAdmin(Reading):
    """The trail, newest first. Nothing here can be changed by anybody."""

    prefix = "aud"
    list_display = ("at", "actor", "action", "subject", "reason", "request")
    list_display_links = ("at",)
    list_filter = (by("actor_kind", "actor", _("actor")), Since)
    date_hierarchy = None
    search_help_text = _(
        "Words narrow together: a thing (ord_…), a merchant (mer_…), who did it (an e-mail address), a deed"
        " (order.released) or its kind (order.), a day or days (2026-11-01..2026-11-22), and what stands in"
        " the reason"
    )
    fields = readonly_fields = (
        *("at", "actor", "origin", "action", "subject", "merchant", "reason", "request", "facts_shown"),
        *("chained",),
    )

    def find(self, queryset: QuerySet[Any], term: str) -> QuerySet[Any]:
        """The rows that one word names: a person, a thing, a merchant, a day or days, a deed or its kind;
        any other word is looked for in the reasons.
        """
        if "@" in term:
            return queryset.filter(actor_id__in=User.objects.filter(email=term.lower()).values("pk"))
        if days := _DAYS.fullmatch(term):
            return _between(queryset, days["first"], days["last"] or days["first"])
        if term.startswith("usr_"):
            key = ids.decode("usr", term)
            return queryset.filter(Q(subject_id=key) | Q(actor_id=key))
        for prefix in _PREFIXES:
            if term.startswith(f"{prefix}_"):
                key = ids.decode(prefix, term)
                of_merchant = Q(merchant_id=key) if prefix == "mer" else Q(pk__in=[])
                return queryset.filter(Q(subject_id=key) | of_merchant)
        # Few rows have a reason, and an index of their own: beside the sale's they are soon read through.
        said = ~Q(reason="") & Q(reason__icontains=term)
        if not _DEED.fullmatch(term):
            return queryset.filter(said)
        return queryset.filter(said | (Q(action__startswith=term) if term.endswith(".") else Q(action=term)))

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Several words narrow the list together."""
        try:
            for term in search_term.split()[:_WORDS_MOST]:
                queryset = self.find(queryset, term)
        except NotFound:
            return queryset.none(), False
        return queryset, False

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
