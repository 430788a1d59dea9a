"""Webhook endpoints: where one is and what it hears of, its secret, sending again."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from webhooks import topics

_FAMILIES = {
    "coupon": _("Coupon events"),
    "dispute": _("Dispute events"),
    "order": _("Order events"),
    "payment": _("Payment events"),
    "payout": _("Payout events"),
    "refund": _("Refund events"),
    "settlement": _("Settlement events"),
    "statement": _("Settlement events"),
}


class EndpointForm(forms.Form):
    """Where an endpoint is, and which events it hears of."""

    url = forms.CharField(
        label=_("Address"),
        max_length=2000,
        widget=forms.TextInput(
            attrs={"type": "url", "placeholder": "https://example.com/keyway", "autocomplete": "off"}
        ),
        help_text=_("A public address that starts with https://. It answers with a 2xx within ten seconds."),
    )
    description = forms.CharField(label=_("What it is for"), max_length=120, required=False)
    topics = forms.MultipleChoiceField(label=_("Events"), widget=forms.CheckboxSelectMultiple, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["topics"].choices = [  # type: ignore[attr-defined]
            (name, gettext(sentence)) for name, sentence in _offered().items()
        ]

    @property
    def groups(self) -> list[tuple[str, list[Any]]]:
        """The boxes by what they are about; the first group is everything."""
        groups: dict[str, list[Any]] = {}
        for box in self["topics"]:
            family = str(box.data["value"]).partition(".")[0]
            groups.setdefault(family, []).append(box)
        named = {topics.EVERYTHING: "", **_FAMILIES}
        return [(str(named.get(family, family)), boxes) for family, boxes in groups.items()]

    def clean_topics(self) -> list[str]:
        """What is ticked, without what another tick covers."""
        ticked = set(self.cleaned_data["topics"])
        return sorted(one for one in ticked if not (ticked - {one}) & set(topics.patterns_of(one)))


class RollSecretForm(forms.Form):
    """How long the old secret signs beside the new one."""

    overlap = forms.TypedChoiceField(
        label=_("The old secret signs"),
        choices=[(0, _("No longer")), (1, _("One more hour")), (24, _("One more day"))],
        coerce=lambda hours: timedelta(hours=int(hours)),
        initial=24,
    )


class SinceForm(forms.Form):
    """From when on what failed is sent again."""

    since = forms.DateTimeField(
        label=_("Starting from"),
        widget=forms.DateTimeInput({"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )


class RangeForm(SinceForm):
    """From when until when everything is sent again."""

    until = forms.DateTimeField(
        label=_("Until"), widget=forms.DateTimeInput({"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
    )
    field_order = ("since", "until")

    def clean(self) -> dict[str, Any]:
        """A range goes forward."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        since, until = data.get("since"), data.get("until")
        if isinstance(since, datetime) and isinstance(until, datetime) and since >= until:
            self.add_error("until", gettext("This lies before the beginning."))
        return data


def _offered() -> dict[str, Any]:
    """Filters by what they let through: everything, families, single kinds."""
    offered: dict[str, Any] = {topics.EVERYTHING: _("Every event, also kinds that are added later")}
    for topic in topics.offered():
        family = f"{topic.family}.*"
        if family not in offered:
            offered[family] = _("All of these")
        offered[topic.name] = topic.sentence
    return offered
