"""Coupons of all merchants, to be read; those that the platform carries are made and changed here."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from unfold.enums import ActionVariant
from unfold.widgets import (
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from kernel import ids
from kernel.actors import Actor
from kernel.money import BadAmount, Money
from web.backoffice import Deed, Inline, Reading, by, deed, display, link, money, of, pill, table, yes

from ..coupon_words import KINDS, effect, standing
from ..forms.product import CURRENCIES
from ..models import Coupon, CouponCode, CouponUse, Merchant
from ..models.coupon import MAX_PER_BUYER
from ..models.coupon_batch import MAX_CODES
from ..services import coupon_codes, coupon_terms
from ..states import Carrier, CouponKind, CouponStatus
from .fields import MerchantField
from .trails import trail_of

_CARRY = "merchants.carry_coupon"
_SUMS = ("amount", "cap", "minimum")
_LATEST = 20


def _text(label: Any, placeholder: str = "", **options: Any) -> forms.CharField:
    return forms.CharField(
        label=label, widget=UnfoldAdminTextInputWidget({"placeholder": placeholder}), **options
    )


def _count(label: Any, most: int, **options: Any) -> forms.IntegerField:
    return forms.IntegerField(
        label=label, min_value=1, max_value=most, widget=UnfoldAdminIntegerFieldWidget(), **options
    )


def _moment(label: Any) -> forms.DateTimeField:
    return forms.DateTimeField(
        label=label,
        required=False,
        widget=UnfoldAdminTextInputWidget({"placeholder": "2026-12-31 23:59"}),
        input_formats=["%Y-%m-%d %H:%M"],
    )


class Limits(Deed):
    """How often and how long: what may change once a coupon is used. They take the place of the old."""

    name = _text(_("Name"), max_length=80)
    most_uses = _count(_("Uses in all"), 2_147_483_647, required=False, help_text=_("Empty: no limit."))
    per_buyer = _count(_("Uses by one buyer"), MAX_PER_BUYER, required=False, help_text=_("Empty: no limit."))
    starts_at = _moment(_("Begins at (Beijing time)"))
    ends_at = _moment(_("Ends at (Beijing time)"))
    field_order = ("name", "most_uses", "per_buyer", "starts_at", "ends_at", "reason")


class Carried(Limits):
    """A coupon of the platform's for one merchant's goods."""

    merchant_id = MerchantField(empty=_("Whose goods it is for; the platform must hold their money."))
    code = _text(_("Coupon code"), "SPRING24", max_length=40)
    kind = forms.ChoiceField(
        label=_("Kind of discount"),
        choices=[(kind, _(text)) for kind, text in KINDS.items()],
        widget=UnfoldAdminSelectWidget(),
    )
    currency = forms.ChoiceField(
        label=_("Currency"), choices=[(code, code) for code in CURRENCIES], widget=UnfoldAdminSelectWidget()
    )
    amount = _text(_("Amount off"), "5.00", required=False, max_length=20)
    percent = forms.DecimalField(
        label=_("Percent off"),
        required=False,
        max_digits=5,
        decimal_places=2,
        widget=UnfoldAdminDecimalFieldWidget(),
    )
    cap = _text(_("At most"), "20.00", required=False, max_length=20)
    minimum = _text(_("Least spend"), "100.00", required=False, max_length=20)
    first_order = forms.BooleanField(
        label=_("Only for a buyer's first order"), required=False, widget=UnfoldBooleanSwitchWidget()
    )
    stackable = forms.BooleanField(
        label=_("May be used together with others"), required=False, widget=UnfoldBooleanSwitchWidget()
    )
    field_order = (
        *("merchant_id", "name", "code", "kind", "currency", "amount", "percent", "cap", "minimum"),
        *("most_uses", "per_buyer", "starts_at", "ends_at", "first_order", "stackable", "reason"),
    )

    def clean_merchant_id(self) -> UUID:
        """A merchant must be named."""
        merchant_id = self.cleaned_data["merchant_id"]
        if merchant_id is None:
            raise forms.ValidationError(_("There is no such merchant."))
        return UUID(str(merchant_id))

    def clean(self) -> dict[str, Any]:
        """Amounts in minor units."""
        typed = super().clean() or {}
        for name in _SUMS:
            text = str(typed.get(name) or "").strip()
            try:
                typed[name] = Money.parse(text, typed.get("currency", "CNY")).amount if text else None
            except BadAmount:
                self.add_error(name, _("This is not an amount."))
        return typed


class NewCodes(Deed):
    """Codes that nobody can guess."""

    count = _count(_("How many"), MAX_CODES)
    begins_with = _text(_("They begin with"), "GIFT", required=False, max_length=coupon_codes.PREFIX_LENGTH)
    field_order = ("count", "begins_with", "reason")


def _is_carried(coupon: Coupon) -> bool:
    return coupon.carrier == Carrier.PLATFORM and coupon.status != CouponStatus.ENDED


class _ByStatus(by("status", "coupon", _("status"))):  # type: ignore[misc]
    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Without what only the clock says."""
        return [row for row in super().lookups(request, model_admin) if row[0] in set(CouponStatus)]


class UseRows(Inline):
    """Where a coupon was used."""

    model = CouponUse
    fields = readonly_fields = (
        "order_link",
        "state_label",
        "took_off",
        "reserved_at",
        "redeemed_at",
        "returned_at",
    )
    verbose_name_plural = _("uses")
    show_change_link = False
    ordering = ("-pk",)

    @display(description=_("Order"))
    def order_link(self, use: CouponUse) -> SafeString | str:
        return link("payments_order", use.order_id, ids.encode("ord", use.order_id))

    @display(description=_("State"))
    def state_label(self, use: CouponUse) -> SafeString:
        return pill("coupon_use", use.state)

    @display(description=_("Discount"))
    def took_off(self, use: CouponUse) -> str:
        return money(use.discount, use.currency)


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


@admin.register(CouponUse)
class CouponUseAdmin(Reading):
    """Uses of coupons, to be read."""

    prefix = "cpu"
    list_display = (
        "key",
        "coupon_link",
        "order_link",
        "state_label",
        "took_off",
        "carrier_label",
        "reserved_at",
    )
    list_select_related = ("coupon",)
    list_filter = (by("state", "coupon_use", _("state")), by("carrier", "carrier", _("carrier")))
    search_help_text = _("cpu_…, cpn_…, ord_… or mer_…")
    fields = readonly_fields = (
        *("key", "coupon_link", "order_link", "state_label", "took_off", "carrier_label", "book_label"),
        *("reserved_at", "redeemed_at", "returned_at"),
    )

    def find(self, queryset: QuerySet[Any], term: str) -> QuerySet[Any]:
        return of(queryset, term, cpn="coupon", ord="order_id", mer="merchant")

    @display(description=_("Coupon"))
    def coupon_link(self, use: CouponUse) -> SafeString | str:
        return link("merchants_coupon", use.coupon_id, use.coupon.name)

    @display(description=_("Order"))
    def order_link(self, use: CouponUse) -> SafeString | str:
        return link("payments_order", use.order_id, ids.encode("ord", use.order_id))

    @display(description=_("State"))
    def state_label(self, use: CouponUse) -> SafeString:
        return pill("coupon_use", use.state)

    @display(description=_("Discount"))
    def took_off(self, use: CouponUse) -> str:
        return money(use.discount, use.currency)

    @display(description=_("Carried by"))
    def carrier_label(self, use: CouponUse) -> SafeString:
        return pill("carrier", use.carrier)
