"""Fee plans: every change is a new version, none is ever edited."""

from decimal import Decimal
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from kernel import ids
from kernel.actors import Actor
from kernel.money import BadAmount, Money, Rate
from merchants.admin.fields import MerchantField
from merchants.admin.trails import trail_of
from web.backoffice import Deed, Reading, deed, display, money

from .. import plans
from ..fees import FeePlan
from ..models import FeePlanVersion


class NewVersion(Deed):
    """The figures of a plan, as people say them: per cent, and amounts in whole units."""

    merchant_id = MerchantField(empty=_("Empty: the standard plan."))
    percent = forms.DecimalField(
        label=_("Platform's fee in per cent"),
        min_value=0,
        max_value=100,
        max_digits=7,
        decimal_places=4,
        widget=UnfoldAdminDecimalFieldWidget({"step": "0.0001"}),
    )
    fixed = forms.CharField(
        label=_("Fixed fee for each payment"),
        required=False,
        widget=UnfoldAdminTextInputWidget({"placeholder": "CNY 0.30, USD 0.05"}),
    )
    merchant_bears_channel = forms.BooleanField(
        label=_("The merchant bears the channel's fee"),
        required=False,
        initial=True,
        widget=UnfoldBooleanSwitchWidget(),
    )
    settlement_days = forms.IntegerField(
        label=_("Available after so many business days"),
        min_value=0,
        max_value=90,
        initial=1,
        widget=UnfoldAdminIntegerFieldWidget(),
    )
    country = forms.CharField(
        label=_("Country of the calendar"), max_length=2, initial="CN", widget=UnfoldAdminTextInputWidget()
    )
    zone = forms.CharField(
        label=_("Time zone of the calendar"),
        max_length=64,
        initial="Asia/Shanghai",
        widget=UnfoldAdminTextInputWidget(),
    )
    field_order = (
        *("merchant_id", "percent", "fixed", "merchant_bears_channel", "settlement_days", "country", "zone"),
        "reason",
    )

    def clean_fixed(self) -> dict[str, int]:
        fees: dict[str, int] = {}
        for part in filter(None, (part.strip() for part in self.cleaned_data["fixed"].split(","))):
            currency, _space, amount = part.partition(" ")
            try:
                fees[currency.upper()] = Money.parse(amount.strip(), currency.upper()).amount
            except BadAmount as error:
                raise forms.ValidationError(_("Write it like CNY 0.30, USD 0.05.")) from error
        return fees


@admin.register(FeePlanVersion)
class FeePlanAdmin(Reading):
    """Versions of fee plans, newest first."""

    prefix = "pln"
    list_display = ("merchant_shown", "percent", "fixed_shown", "bears", "days", "country", "starts_at")
    list_display_links = ("merchant_shown",)
    list_select_related = ("merchant",)
    ordering = ("-starts_at",)
    search_help_text = _("mer_…")
    actions_list = ("change_plan",)
    fields = readonly_fields = (
        *("merchant_shown", "percent", "fixed_shown", "bears", "days", "country", "zone", "starts_at"),
        *("created_at", "trail"),
    )

    def find(self, queryset: QuerySet[Any], term: str) -> QuerySet[Any]:
        return (
            queryset.filter(merchant=ids.decode("mer", term)) if term.startswith("mer_") else queryset.none()
        )

    @display(description=_("Merchant"))
    def merchant_shown(self, version: FeePlanVersion) -> str:
        return str(version.merchant) if version.merchant else gettext("Standard plan")

    @display(description=_("Platform's fee"), ordering="rate")
    def percent(self, version: FeePlanVersion) -> str:
        return f"{(version.rate * 100).normalize():f} %"

    @display(description=_("Fixed fee"))
    def fixed_shown(self, version: FeePlanVersion) -> str:
        return ", ".join(money(units, currency) for currency, units in version.fixed.items()) or "—"

    @display(description=_("Channel's fee is borne by"))
    def bears(self, version: FeePlanVersion) -> str:
        return gettext("the merchant") if version.merchant_bears_channel else gettext("the platform")

    @display(description=_("Available after"))
    def days(self, version: FeePlanVersion) -> str:
        return f"T+{version.settlement_days}"

    @display(description=_("Deeds"))
    def trail(self, version: FeePlanVersion) -> SafeString:
        return trail_of(version.pk)

    @deed(
        _("New version"),
        permission="settlement.add_feeplanversion",
        icon="add",
        form=NewVersion,
        says=_("It is in force at once for new payments. Those that were made keep their fees."),
    )
    def change_plan(
        self, actor: Actor, *, merchant_id: UUID | None, percent: Decimal, reason: str, **figures: Any
    ) -> str:
        plan = FeePlan(rate=Rate(percent / 100), **figures)
        plans.change(merchant_id, plan, actor=actor, reason=reason)
        return gettext("The new version is in force.")
