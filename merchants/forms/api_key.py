"""API keys: making one, rolling one."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from kernel import clock

from ..scopes import NAMES, SENSITIVE, Scope
from ..services.api_keys import OVERLAPS

_NEVER = 0
_LASTS = [(_NEVER, _("Until it is revoked")), (30, _("30 days")), (90, _("90 days")), (365, _("One year"))]
_OVERLAP_NAMES = (_("No longer"), _("One more hour"), _("One more day"), _("Seven more days"))


class NewKeyForm(forms.Form):
    """What the key is called, what it may do, how long it works."""

    name = forms.CharField(
        label=_("Name"),
        max_length=60,
        help_text=_("Where it is used, for example “web shop”."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    scopes = forms.MultipleChoiceField(
        label=_("What it may do"), widget=forms.CheckboxSelectMultiple, required=False
    )
    lasts = forms.TypedChoiceField(label=_("It works"), choices=_LASTS, coerce=int, initial=_NEVER)

    def __init__(self, *args: Any, grantable: Collection[Scope], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["scopes"].choices = [  # type: ignore[attr-defined]
            (scope.value, gettext(NAMES[scope])) for scope in Scope if scope in grantable
        ]
        self.fields["scopes"].initial = [
            scope.value for scope in Scope if scope in grantable and scope not in SENSITIVE
        ]

    @property
    def chosen(self) -> list[Scope]:
        """The scopes that were ticked."""
        return [Scope(value) for value in self.cleaned_data["scopes"]]

    @property
    def expires_at(self) -> datetime | None:
        """When it ends; None: when somebody revokes it."""
        days: int = self.cleaned_data["lasts"]
        return clock.now() + timedelta(days=days) if days else None


class RollForm(forms.Form):
    """How long the old key goes on working."""

    overlap = forms.TypedChoiceField(
        label=_("The old key works"),
        choices=list(enumerate(_OVERLAP_NAMES)),
        coerce=lambda place: OVERLAPS[int(place)],
        empty_value=None,
        initial=2,
    )
