"""What the dialogs about a coupon ask for."""

from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from kernel.money import BadAmount, Money
from web.backoffice import Deed

from ..coupon_words import KINDS
from ..forms.product import CURRENCIES
from ..models.coupon import MAX_PER_BUYER
from ..models.coupon_batch import MAX_CODES
from ..services import coupon_codes
from .fields import MerchantField

_SUMS = ("amount", "cap", "minimum")


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
