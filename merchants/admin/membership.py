"""Plans of memberships, and who is entitled to what, until when."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from kernel import clock
from web.backoffice import Reading, by, display, money, of, pill, table
from web.templatetags.ui import moment

from ..models import Entitlement, Plan
from ..models.entitlement import KEY_LENGTH
from .trails import trail_of


@admin.register(Plan)
class PlanAdmin(Reading):
    """Plans with all their versions, to be read."""

    prefix = "pln"
    list_display = ("key", "name_zh", "name_en", "product", "merchant", "status_label", "created_at")
    list_select_related = ("product", "merchant")
    list_filter = (by("status", "plan", _("status")),)
    search_help_text = _("pln_…, prd_… or mer_…")
    fields = readonly_fields = (
        *("key", "name_zh", "name_en", "slug", "product", "merchant", "status_label", "versions_shown"),
        *("created_at", "trail"),
    )

    def find(self, queryset: QuerySet[Any], term: str) -> QuerySet[Any]:
        return of(queryset, term, mer="merchant", prd="product")

    @display(description=_("Status"))
    def status_label(self, plan: Plan) -> SafeString | str:
        return pill("plan", plan.status)

    @display(description=_("Versions"))
    def versions_shown(self, plan: Plan) -> SafeString:
        return table(
            (_("Version"), _("Price"), _("Period"), _("Trial"), _("Published")),
            [
                (
                    str(version.number),
                    ", ".join(money(price.amount, price.currency) for price in version.prices.all()),
                    version.period,
                    version.trial or "–",
                    moment(version.published_at) if version.published_at else "–",
                )
                for version in plan.versions.prefetch_related("prices").order_by("-number")
            ],
        )

    @display(description=_("Deeds"))
    def trail(self, plan: Plan) -> SafeString:
        return trail_of(plan.pk)


@admin.register(Entitlement)
class EntitlementAdmin(Reading):
    """Who may use what, until when, and each time that was granted. Its key is the buyer's."""

    prefix = "ent"
    list_display = ("named", "product", "merchant", "state_label", "starts_at", "ends_at")
    list_select_related = ("product", "merchant")
    search_help_text = _("ent_…, prd_…, mer_… or a key")
    fields = readonly_fields = (
        *("named", "product", "store", "merchant", "book", "state_label", "quantity", "starts_at", "ends_at"),
        *("grace_until", "suspended_at", "revoked_at", "reason", "grants_shown", "trail"),
    )

    def find(self, queryset: QuerySet[Any], term: str) -> QuerySet[Any]:
        if len(term) == KEY_LENGTH and "_" not in term:
            return queryset.filter(key=term)
        return of(queryset, term, mer="merchant", prd="product")

    @display(description=_("Name"))
    def named(self, entitlement: Entitlement) -> str:
        return entitlement.name

    @display(description=_("State"))
    def state_label(self, entitlement: Entitlement) -> SafeString | str:
        return pill("entitlement", entitlement.state(clock.now(entitlement.merchant)))

    @display(description=_("Granted"))
    def grants_shown(self, entitlement: Entitlement) -> SafeString:
        return table(
            (_("Kind"), _("From"), _("To"), _("Taken back from")),
            [
                (
                    pill("grant", grant.kind),
                    moment(grant.starts_at),
                    moment(grant.ends_at),
                    moment(grant.revoked_from) if grant.revoked_from else "–",
                )
                for grant in entitlement.grants.order_by("-starts_at")[:100]
            ],
        )

    @display(description=_("Deeds"))
    def trail(self, entitlement: Entitlement) -> SafeString:
        return trail_of(entitlement.pk)
