"""Moving a twin's clock: by a step, or until a time."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from kernel import clock
from kernel.intervals import Unit, boundary

from ..models import Merchant

_HOUR = timedelta(hours=1)
STEPS = {
    "hour": _("One hour"),
    "day": _("One day"),
    "week": _("Seven days"),
    "month": _("One month"),
}


class StepForm(forms.Form):
    """How much later it becomes."""

    by = forms.ChoiceField(choices=list(STEPS.items()))

    def end(self, twin: Merchant) -> datetime:
        """What the clock is to show. Days are days of the merchant's zone, months end with their last day."""
        now, by = clock.now(twin), self.cleaned_data["by"]
        if by == "hour":
            return now + _HOUR
        unit, count = (Unit.MONTH, 1) if by == "month" else (Unit.DAY, 7 if by == "week" else 1)
        return boundary(now, twin.time_zone, unit, count, 1)


class UntilForm(forms.Form):
    """What the clock is to show, in the merchant's zone."""

    to = forms.DateTimeField(
        label=_("Date and time"),
        widget=forms.DateTimeInput({"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        help_text=_("It never goes back."),
    )

    def end(self, _: Merchant) -> Any:
        """What the clock is to show."""
        return self.cleaned_data["to"]
