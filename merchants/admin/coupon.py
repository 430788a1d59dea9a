"""Coupons of all merchants, to be read; those that the platform carries are made and changed here."""

from typing import Any
from uuid import UUID

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from unfold.enums import ActionVariant

from kernel.actors import Actor
from web.backoffice import Reading, by, deed, display, link, of, pill, table, yes

from ..coupon_words import effect, standing
from ..models import Coupon, CouponCode, Merchant
from ..services import coupon_codes, coupon_terms
from ..states import Carrier, CouponKind, CouponStatus
from .coupon_forms import Carried, Limits, NewCodes
from .coupon_use import UseRows
from .trails import trail_of

_CARRY = "merchants.carry_coupon"
_LATEST = 20


def _is_carried(coupon: Coupon) -> bool:
    return coupon.carrier == Carrier.PLATFORM and coupon.status != CouponStatus.ENDED


class _ByStatus(by("status", "coupon", _("status"))):  # type: ignore[misc]
    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Without what only the clock says."""
        return [row for row in super().lookups(request, model_admin) if row[0] in set(CouponStatus)]


@admin.register(Coupon)
class CouponAdmin(Reading):
    """Coupons; those of merchants are read, those of the platform changed with a reason."""

    prefix = "cpn"
    list_display = (
        "name",
        "merchant_link",
        "effect",
        "carrier_label",
        "standing",
        "used_shown",
        "created_at",
    )
    list_display_links = ("name",)
    list_select_related = ("merchant",)
    list_filter = (_ByStatus, by("carrier", "carrier", _("carrier")), by("book", "book", _("book")))
    search_help_text = _("cpn_… or mer_…")
    inlines = (UseRows,)
    actions_list = ("carry",)
    actions_detail = ("change_limits", "generate", "pause", "resume", "end")
    fieldsets = (
        (
            None,
            {
                "fields": (
                    ("name", "key"),
                    ("merchant_link", "book_label"),
                    ("effect", "standing"),
                    ("carrier_label", "used_shown"),
                    ("per_buyer", "first_order_shown"),
                    ("starts_at", "ends_at"),
                    ("stackable_shown", "created_at"),
                    ("codes",),
                )
            },
        ),
        (_("Audit trail"), {"fields": ("trail",)}),
    )
    readonly_fields = (
        *("name", "key", "merchant_link", "book_label", "effect", "standing", "carrier_label", "used_shown"),
        *("per_buyer", "first_order_shown", "starts_at", "ends_at", "stackable_shown", "created_at"),
        *("codes", "trail"),
    )

    def find(self, queryset: QuerySet[Any], term: str) -> QuerySet[Any]:
        return of(queryset, term, mer="merchant")

    @display(description=_("Merchant"))
    def merchant_link(self, coupon: Coupon) -> SafeString | str:
        return link("merchants_merchant", coupon.merchant_id, coupon.merchant)

    @display(description=_("What it takes off"))
    def effect(self, coupon: Coupon) -> str:
        return effect(coupon)

    @display(description=_("Carried by"))
    def carrier_label(self, coupon: Coupon) -> SafeString:
        return pill("carrier", coupon.carrier)

    @display(description=_("State"))
    def standing(self, coupon: Coupon) -> SafeString:
        return pill("coupon", standing(coupon))

    @display(description=_("Used"))
    def used_shown(self, coupon: Coupon) -> str:
        return f"{coupon.used} / {coupon.most_uses}" if coupon.most_uses else str(coupon.used)

    @display(description=_("First order only"))
    def first_order_shown(self, coupon: Coupon) -> SafeString | str:
        return yes(holds=coupon.first_order)

    @display(description=_("Together with others"))
    def stackable_shown(self, coupon: Coupon) -> SafeString | str:
        return yes(holds=coupon.stackable)

    @display(description=_("Codes"))
    def codes(self, coupon: Coupon) -> SafeString | str:
        """The platform's own; a merchant's are worth money to who reads them, and are only counted."""
        rows = CouponCode.objects.filter(coupon=coupon)
        if coupon.carrier != Carrier.PLATFORM:
            return str(rows.count())
        latest = [(code.code, code.used, code.most_uses or "—") for code in rows.order_by("-pk")[:_LATEST]]
        return table((_("Coupon code"), _("Used"), _("May be used")), latest, _("No codes yet"))

    @display(description=_("Deeds"))
    def trail(self, coupon: Coupon) -> SafeString:
        return trail_of(coupon.pk)

    @deed(
        _("Make a coupon of the platform's"),
        permission=_CARRY,
        icon="sell",
        form=Carried,
        says=_("The buyer pays less, the merchant gets the full price, and the platform makes it up."),
    )
    def carry(self, actor: Actor, *, merchant_id: UUID, code: str, **terms: Any) -> str:
        merchant = Merchant.objects.get(pk=merchant_id)
        terms["kind"] = CouponKind(terms["kind"])
        coupon_codes.create_with_code(merchant, code, actor=actor, carrier=Carrier.PLATFORM, **terms)
        return gettext("The coupon is made.")

    @deed(
        _("Change limits and window"),
        permission=_CARRY,
        icon="edit",
        form=Limits,
        says=_("What is filled in takes the place of what was, and what is empty is without a limit."),
        fits=_is_carried,
    )
    def change_limits(self, actor: Actor, coupon: Coupon, **limits: Any) -> str:
        coupon_terms.change(coupon, actor=actor, **limits)
        return gettext("The coupon was changed.")

    @deed(
        _("Generate codes"),
        permission=_CARRY,
        icon="pin",
        form=NewCodes,
        says=_("Each is for one use, and nobody can guess one."),
        fits=_is_carried,
    )
    def generate(self, actor: Actor, coupon: Coupon, *, count: int, begins_with: str, reason: str) -> str:
        coupon_codes.begin(coupon, count, prefix=begins_with, actor=actor, reason=reason)
        return ngettext("{n} code is made.", "{n} codes are made.", count).format(n=count)

    @deed(
        _("Pause"),
        permission=_CARRY,
        icon="pause_circle",
        says=_("It is refused for now. Orders that carry it already go on."),
        fits=lambda coupon: _is_carried(coupon) and coupon.status == CouponStatus.ACTIVE,
    )
    def pause(self, actor: Actor, coupon: Coupon, *, reason: str) -> str:
        coupon_terms.enter(coupon, CouponStatus.PAUSED, actor=actor, reason=reason)
        return gettext("The coupon is paused.")

    @deed(
        _("Resume"),
        permission=_CARRY,
        icon="play_circle",
        variant=ActionVariant.SUCCESS,
        says=_("It is in force again, within its window."),
        fits=lambda coupon: _is_carried(coupon) and coupon.status == CouponStatus.PAUSED,
    )
    def resume(self, actor: Actor, coupon: Coupon, *, reason: str) -> str:
        coupon_terms.enter(coupon, CouponStatus.ACTIVE, actor=actor, reason=reason)
        return gettext("The coupon is in force again.")

    @deed(
        _("End for good"),
        permission=_CARRY,
        icon="block",
        variant=ActionVariant.DANGER,
        says=_("An ended coupon is never in force again. Orders that carry it already go on."),
        fits=_is_carried,
    )
    def end(self, actor: Actor, coupon: Coupon, *, reason: str) -> str:
        coupon_terms.enter(coupon, CouponStatus.ENDED, actor=actor, reason=reason)
        return gettext("The coupon was ended.")
