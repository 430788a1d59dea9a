"""What a merchant types about its subscriptions."""

from itertools import pairwise
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from .billing.dunning import MAX_RETRY_DAY
from .services.extensions import MOST_DAYS
from .services.policies import Rules
from .states import CancelNow

_MOST_TRIES = 10
MAY_END = (
    (CancelNow.NO.value, _("No: it ends with the paid period")),
    (CancelNow.WITHOUT_REFUND.value, _("Yes, and nothing goes back")),
    (CancelNow.PRORATED.value, _("Yes, and the unused part goes back")),
)


class ExtendForm(forms.Form):
    """Days given for nothing, and why."""

    days = forms.IntegerField(label=_("Days"), min_value=1, max_value=MOST_DAYS)
    reason = forms.CharField(label=_("Reason"), max_length=200)


class ChangeForm(forms.Form):
    """Another plan, or another quantity."""

    version = forms.ChoiceField(label=_("Plan"))
    quantity = forms.IntegerField(label=_("Quantity"), min_value=1, max_value=1_000_000)

    def __init__(self, *args: Any, plans: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["version"] = forms.ChoiceField(label=_("Plan"), choices=plans)


class PolicyForm(forms.Form):
    """How subscriptions are billed."""

    retry_days = forms.CharField(
        label=_("Try again on these days"),
        max_length=60,
        help_text=_("Days after it was due, from 0 on, such as 0, 2, 5, 9. After the last one it ends."),
    )
    grace_days = forms.IntegerField(
        label=_("Days that the membership stays on unpaid"), min_value=0, max_value=MAX_RETRY_DAY
    )
    notice_days = forms.IntegerField(
        label=_("Days of notice before a charge"),
        min_value=1,
        max_value=30,
        required=False,
        help_text=_("Empty: what your market asks for; never fewer than that."),
    )
    may_pause = forms.BooleanField(label=_("Buyers may pause"), required=False)
    may_change = forms.BooleanField(label=_("Buyers may change plan and quantity"), required=False)
    cancel_now = forms.ChoiceField(label=_("Buyers may end at once"), choices=MAY_END)

    @staticmethod
    def initial_of(rules: Rules) -> dict[str, Any]:
        """What the form shows first."""
        return {
            "retry_days": ", ".join(map(str, rules.retry_days)),
            "grace_days": rules.grace_days,
            "notice_days": rules.own_notice_days,
            "may_pause": rules.may_pause,
            "may_change": rules.may_change,
            "cancel_now": rules.cancel_now.value,
        }

    def clean_retry_days(self) -> list[int]:
        """Ascending whole days from 0 to 30."""
        text = self.cleaned_data["retry_days"].replace("，", ",").replace("、", ",")
        parts = [part.strip() for part in text.split(",") if part.strip()]
        days = [int(part) for part in parts if part.isascii() and part.isdigit()]
        rises = all(one < other for one, other in pairwise(days))
        if len(days) != len(parts) or not days or not rises or days[0] != 0:
            raise forms.ValidationError(gettext("Give whole days that go up from 0, with commas between."))
        if days[-1] > MAX_RETRY_DAY or len(days) > _MOST_TRIES:
            raise forms.ValidationError(gettext("The last day is 30 at most, and ten tries are enough."))
        return days

    def clean_cancel_now(self) -> CancelNow:
        """One of the three."""
        return CancelNow(self.cleaned_data["cancel_now"])
