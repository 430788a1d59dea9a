"""Settlement schedules: when each merchant is settled, and whether its payouts are paused."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.utils.dates import WEEKDAYS
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from kernel import ids
from kernel.actors import Actor
from kernel.money import BadAmount, Money
from merchants.admin.fields import MerchantField
from merchants.admin.trails import trail_of
from merchants.models import Merchant
from web.backoffice import Deed, Reading, deed, display, link, money, yes

from .. import schedules
from ..models import Schedule
from ..rhythm import Terms
from ..states import Cycle

CYCLES = [(Cycle.DAILY.value, _("Every business day (T+1)")), (Cycle.WEEKLY.value, _("Once a week"))]


class NewTerms(Deed):
    """The terms of a merchant, whole: they take the place of the ones before."""

    merchant_id = MerchantField(empty=_("Whose schedule it is."))
    cycle = forms.ChoiceField(label=_("Cycle"), choices=CYCLES, widget=UnfoldAdminSelectWidget())
    weekday = forms.TypedChoiceField(
        label=_("Weekday of a weekly cycle"),
        coerce=int,
        choices=list(WEEKDAYS.items()),
        widget=UnfoldAdminSelectWidget(),
    )
    minimum = forms.CharField(
        label=_("Least payout"),
        required=False,
        widget=UnfoldAdminTextInputWidget({"placeholder": "CNY 100, USD 20"}),
        help_text=_("What is below it is carried forward."),
    )
    paused = forms.BooleanField(
        label=_("Payouts are paused"), required=False, widget=UnfoldBooleanSwitchWidget()
    )
    field_order = ("merchant_id", "cycle", "weekday", "minimum", "paused", "reason")

    def clean_merchant_id(self) -> UUID:
        merchant_id = self.cleaned_data["merchant_id"]
        if merchant_id is None:
            raise forms.ValidationError(_("There is no such merchant."))
        return UUID(str(merchant_id))

    def clean_minimum(self) -> dict[str, int]:
        least: dict[str, int] = {}
        for part in filter(None, (part.strip() for part in self.cleaned_data["minimum"].split(","))):
            currency, _space, amount = part.partition(" ")
            try:
                least[currency.upper()] = Money.parse(amount.strip(), currency.upper()).amount
            except BadAmount as error:
                raise forms.ValidationError(_("Write it like CNY 0.30, USD 0.05.")) from error
        return least


@admin.register(Schedule)
class ScheduleAdmin(Reading):
    """Schedules of merchants that have one of their own; the others are settled every business day."""

    prefix = "sch"
    list_display = ("merchant_link", "cycle_shown", "least", "paused_shown", "changed_at")
    list_select_related = ("merchant",)
    search_help_text = _("mer_…")
    actions_list = ("change_terms",)
    fields = readonly_fields = (
        *("merchant_link", "cycle_shown", "country", "zone", "least", "paused_shown", "changed_at", "trail"),
    )

    def find(self, queryset: QuerySet[Any], term: str) -> QuerySet[Any]:
        return (
            queryset.filter(merchant=ids.decode("mer", term)) if term.startswith("mer_") else queryset.none()
        )

    @display(description=_("Merchant"))
    def merchant_link(self, schedule: Schedule) -> SafeString | str:
        return link("merchants_merchant", schedule.merchant_id, schedule.merchant)

    @display(description=_("Cycle"))
    def cycle_shown(self, schedule: Schedule) -> str:
        if schedule.cycle == Cycle.WEEKLY:
            return f"{gettext('Once a week')} · {WEEKDAYS[schedule.weekday]}"
        return gettext("Every business day (T+1)")

    @display(description=_("Least payout"))
    def least(self, schedule: Schedule) -> str:
        return ", ".join(money(units, currency) for currency, units in schedule.minimum.items()) or "—"

    @display(description=_("Paused"))
    def paused_shown(self, schedule: Schedule) -> SafeString | str:
        return yes(holds=schedule.paused)

    @display(description=_("Deeds"))
    def trail(self, schedule: Schedule) -> SafeString:
        return trail_of(schedule.pk)

    @deed(
        _("Change a schedule"),
        permission="settlement.change_schedule",
        icon="edit_calendar",
        form=NewTerms,
        says=_("It holds from the next period on. Statements that were made stay as they are."),
    )
    def change_terms(
        self,
        actor: Actor,
        *,
        merchant_id: UUID,
        cycle: str,
        weekday: int,
        minimum: dict[str, int],
        paused: bool,
        reason: str,
    ) -> str:
        merchant = Merchant.objects.get(pk=merchant_id)
        now = schedules.of(merchant_id)
        terms = Terms(Cycle(cycle), weekday, now.country, now.zone, minimum, paused)
        schedules.change(merchant, terms, actor=actor, reason=reason)
        return gettext("The schedule was changed.")
