"""A plan's names, and the terms of a version."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.validators import RegexValidator
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from kernel.intervals import Unit
from kernel.money import BadAmount, Money

from ..models.plan import MAX_TRIAL_DAYS, MOST_COUNT
from ..models.product import MAX_PRICE, MAX_QUANTITY
from ..models.store import SLUG
from ..services.plans import Terms
from .product import CURRENCIES

UNITS = (
    (Unit.DAY.value, _("days")),
    (Unit.MONTH.value, _("months")),
    (Unit.QUARTER.value, _("quarters")),
    (Unit.YEAR.value, _("years")),
)


def _whole(label: Any, least: int, most: int, initial: int, **options: Any) -> forms.IntegerField:
    return forms.IntegerField(label=label, min_value=least, max_value=most, initial=initial, **options)


class PlanForm(forms.Form):
    """What a plan is called, and where it stands."""

    name_zh = forms.CharField(label=_("Name in Chinese"), max_length=80, required=False)
    name_en = forms.CharField(label=_("Name in English"), max_length=80, required=False)
    slug = forms.CharField(
        label=_("Name in the address"),
        max_length=60,
        validators=[RegexValidator(SLUG, _("Small letters, digits and single hyphens."))],
        help_text=_("Small letters, digits and single hyphens."),
    )
    position = _whole(_("Place among the plans"), 0, 10_000, 0)

    def clean(self) -> dict[str, Any]:
        """One of the two names is needed."""
        data = super().clean() or self.cleaned_data
        if not data.get("name_zh") and not data.get("name_en"):
            self.add_error("name_zh", gettext("Give a name in at least one language."))
        return data


class TermsForm(forms.Form):
    """The terms of a version. Prices are typed in major units: 19.80."""

    count = _whole(_("Paid every"), 1, max(MOST_COUNT.values()), 1)
    unit = forms.ChoiceField(label=_("Unit"), choices=UNITS, initial=Unit.MONTH.value)
    trial_days = _whole(_("Free days at the start"), 0, MAX_TRIAL_DAYS, 0, help_text=_("0: no trial."))
    min_quantity = _whole(_("Smallest quantity"), 1, MAX_QUANTITY, 1)
    max_quantity = _whole(
        _("Largest quantity"), 1, MAX_QUANTITY, 1, help_text=_("Seats, devices or the like; 1: just one.")
    )

    def __init__(self, *args: Any, currency: str, terms: Terms | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        prices: Mapping[str, int] = terms.prices if terms else {}
        self.currencies = (currency, *(code for code in CURRENCIES if code != currency))
        for code in self.currencies:
            amount = prices.get(code)
            self.fields[f"price_{code}"] = forms.CharField(
                label=_("Price in %(currency)s") % {"currency": code},
                required=code == currency,
                max_length=20,
                initial=str(Money(amount, code).decimal) if amount else "",
                widget=forms.TextInput(attrs={"inputmode": "decimal"}),
            )
        if terms:
            for name in ("count", "trial_days", "min_quantity", "max_quantity"):
                self.fields[name].initial = getattr(terms, name)
            self.fields["unit"].initial = terms.unit.value

    @property
    def own_price(self) -> forms.BoundField:
        """The price in the product's own currency, which every plan has."""
        return self[f"price_{self.currencies[0]}"]

    @property
    def other_prices(self) -> list[forms.BoundField]:
        """Those in other currencies."""
        return [self[f"price_{code}"] for code in self.currencies[1:]]

    def clean(self) -> dict[str, Any]:
        """Read the prices, and everything into `terms`."""
        data = super().clean() or self.cleaned_data
        prices = {code: self._amount(code) for code in self.currencies if data.get(f"price_{code}")}
        least, most = data.get("min_quantity"), data.get("max_quantity")
        if least and most and most < least:
            self.add_error("max_quantity", gettext("It is below the smallest quantity."))
        unit, count = data.get("unit"), data.get("count")
        if unit and count and count > MOST_COUNT[Unit(unit)]:
            self.add_error("count", gettext("A period is three years at most."))
        if not self.errors:
            whole = ("count", "trial_days", "min_quantity", "max_quantity")
            fields = {name: int(data[name]) for name in whole}
            data["terms"] = Terms(unit=Unit(data["unit"]), prices=prices, **fields)
        return data

    def _amount(self, currency: str) -> int:
        name = f"price_{currency}"
        try:
            amount = Money.parse(str(self.cleaned_data[name]).strip(), currency).amount
        except BadAmount:
            amount = 0
        if not 0 < amount <= MAX_PRICE:
            self.add_error(name, gettext("This is not an amount."))
        return amount
