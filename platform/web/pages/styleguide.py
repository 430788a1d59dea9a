"""All components on one page, for whoever builds with them. Development only."""

from datetime import timedelta

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from kernel import clock
from kernel.money import Money
from web.charts import Chart, Series, Shape, of_money
from web.templatetags import ui
from web.vocabulary import WORDS

_ICONS = """
    check cross minus plus alert info help clock hourglass copy eye download upload mail search globe sun
    moon contrast chevron-left chevron-right chevron-down arrow-right external store key home orders box
    layers wallet settings refresh undo lock shield user users menu more logout edit flask qr phone bolt
    filter chart tag bell
"""


class Sample(forms.Form):
    """One field of each kind."""

    email = forms.EmailField(label=_("E-mail for delivery"), help_text=_("Your keys are sent here."))
    note = forms.CharField(label=_("Note"), widget=forms.Textarea, required=False)
    agreed = forms.BooleanField(label=_("I agree"), required=False)


def _sample_chart() -> Chart:
    sold = [Money(units, "CNY") for units in (120_000, 98_050, 143_900, 0, 171_200, 160_000, 201_050)]
    refunded = [Money(units, "CNY") for units in (0, 1_990, 0, 0, 9_900, 0, 4_500)]
    kinds = ((_("Sold"), sold, Shape.BAR), (_("Refunded"), refunded, Shape.LINE))
    return Chart(
        name="sample",
        question=gettext("How much was sold?"),
        definition=gettext("Paid orders by the day of payment, before refunds and fees."),
        axis=gettext("Day"),
        labels=[f"11-{day}" for day in range(16, 23)],
        unit="CNY",
        series=[
            Series(str(name), [of_money(amount, ui.plain_money(amount)) for amount in amounts], shape)
            for name, amounts, shape in kinds
        ],
    )


def show(request: HttpRequest) -> HttpResponse:
    """Every component in every tone."""
    wrong = Sample({"email": "nobody"})
    wrong.is_valid()
    facts = {
        "words": {kind: list(states) for kind, states in WORDS.items()},
        "form": Sample(),
        "wrong": wrong,
        "amount": Money(123_450, "CNY"),
        "small": Money(1_250, "USD"),
        "now": clock.now(),
        "earlier": clock.now() - timedelta(minutes=7),
        "tones": ["info", "success", "warning", "danger"],
        "icons": _ICONS.split(),
        "chart": _sample_chart(),
    }
    return render(request, "styleguide/show.html", facts)
