"""All components on one page, for whoever builds with them. Development only."""

from datetime import timedelta

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from kernel import clock
from kernel.money import Money
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
    }
    return render(request, "styleguide/show.html", facts)
