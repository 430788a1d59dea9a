"""Merchants and the licences under which a platform may hold their money."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.enums import ActionVariant

from kernel.actors import Actor
from kernel.errors import said
from web.backoffice import Inline, Reading, by, deed, display, link, pill

from ..models import Licence, Member, Merchant, Store
from ..roles import NAMES, Role
from ..services import merchants
from ..states import MerchantStatus, SettlementMode
from .trails import trail_of

MODES = {
    SettlementMode.DIRECT: said("Direct: into the merchant's own account"),
    SettlementMode.CHANNEL_SPLIT: said("Split: a licensed institution divides it"),
    SettlementMode.OWN_SUPPLY: said("Own supply: the platform sells, merchants supply"),
    SettlementMode.PLATFORM_PAYOUT: said("Payout: the platform holds it under a licence"),
}


class MemberRows(Inline):
    """Who acts for a merchant."""

    model = Member
    fields = readonly_fields = ("user", "role_shown")
    verbose_name_plural = _("members")
    show_change_link = False

    @display(description=_("Role"))
    def role_shown(self, member: Member) -> str:
        return gettext(NAMES[Role(member.role)])


class StoreRows(Inline):
    """Its shops."""

    model = Store
    fields = readonly_fields = ("slug", "name_zh", "name_en", "status_label")
    verbose_name_plural = _("stores")

    @display(description=_("Status"))
    def status_label(self, store: Store) -> SafeString | str:
        return pill("store", store.status)


@admin.register(Merchant)
class MerchantAdmin(Reading):
    """Merchants: suspended and resumed here, with a reason."""

    prefix = "mer"
    list_display = ("name", "key", "book_label", "mode", "country", "status_label", "created_at")
    list_display_links = ("name",)
    list_filter = (by("status", "merchant", _("status")), by("book", "book", _("book")))
    search_help_text = _("mer_…, or the beginning of a name")
    inlines = (MemberRows, StoreRows)
    actions_detail = ("suspend", "resume")
    fieldsets = (
        (
            None,
            {
                "fields": (
                    ("name", "key"),
                    ("book_label", "status_label"),
                    ("mode", "licence"),
                    ("country", "time_zone"),
                    ("twin_link", "clock_ahead"),
                    ("created_at", "elsewhere"),
                )
            },
        ),
        (_("Audit trail"), {"fields": ("trail",)}),
    )
    readonly_fields = (
        *("key", "book_label", "status_label", "twin_link", "created_at", "elsewhere", "trail", "name"),
        *("mode", "licence", "country", "time_zone", "clock_ahead"),
    )

    def find(self, queryset: QuerySet[Any], term: str) -> QuerySet[Any]:
        return queryset.filter(name__istartswith=term)

    @display(description=_("Status"))
    def status_label(self, merchant: Merchant) -> SafeString | str:
        return pill("merchant", merchant.status)

    @display(description=_("Settlement mode"))
    def mode(self, merchant: Merchant) -> str:
        return gettext(MODES[SettlementMode(merchant.settlement_mode)])

    @display(description=_("Twin"))
    def twin_link(self, merchant: Merchant) -> SafeString | str:
        """The other of the pair."""
        other = merchant.twin_of or Merchant.objects.filter(twin_of=merchant).first()
        return link("merchants_merchant", other.pk, f"{other.name} ({other.book})") if other else "—"

    @display(description=_("Elsewhere"))
    def elsewhere(self, merchant: Merchant) -> SafeString:
        """Its orders, accounts and money."""
        places = (
            ("admin:payments_order_changelist", "merchant", gettext("Orders")),
            ("admin:payments_channelaccount_changelist", "merchant", gettext("Channel accounts")),
            ("admin:ledger_account_changelist", "owner_id", gettext("Ledger accounts")),
            ("admin:audit_auditrow_changelist", "merchant_id", gettext("Audit trail")),
        )
        links = [(reverse(place), field, merchant.pk, text) for place, field, text in places]
        return format_html("{}", format_html_join(" · ", '<a class="ops-link" href="{}?{}={}">{}</a>', links))

    @display(description=_("Deeds"))
    def trail(self, merchant: Merchant) -> SafeString:
        return trail_of(merchant.pk)

    @deed(
        _("Suspend"),
        permission="merchants.change_merchant",
        icon="pause_circle",
        variant=ActionVariant.DANGER,
        says=_("Nothing more is sold. Orders that are open go on, and the merchant's money stays theirs."),
        fits=lambda merchant: merchant.status == MerchantStatus.ACTIVE,
    )
    def suspend(self, actor: Actor, merchant: Merchant, *, reason: str) -> str:
        merchants.suspend(merchant, actor=actor, reason=reason)
        return gettext("The merchant was suspended.")

    @deed(
        _("Resume"),
        permission="merchants.change_merchant",
        icon="play_circle",
        variant=ActionVariant.SUCCESS,
        says=_("Its stores sell again."),
        fits=lambda merchant: merchant.status == MerchantStatus.SUSPENDED,
    )
    def resume(self, actor: Actor, merchant: Merchant, *, reason: str) -> str:
        merchants.resume(merchant, actor=actor, reason=reason)
        return gettext("The merchant sells again.")


@admin.register(Licence)
class LicenceAdmin(Reading):
    """Licences, to be read."""

    prefix = "lic"
    list_display = ("number", "holder", "jurisdiction", "valid_from", "valid_to", "demo")
    search_help_text = _("A licence number")

    def find(self, queryset: QuerySet[Any], term: str) -> QuerySet[Any]:
        return queryset.filter(number=term)
