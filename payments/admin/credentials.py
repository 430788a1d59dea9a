"""The dialog for an account's settings and secrets, made from what its channel says it has."""

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminPasswordWidget, UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from web.backoffice import Deed

from ..channels.base import Field
from ..channels.registry import channel


def form_of(code: str) -> type[Deed]:
    """The form for accounts of a channel. Nothing of what is kept is filled in."""
    able = channel(code).capabilities
    fields = {field.name: _field(field, secret=False) for field in able.settings}
    fields |= {field.name: _field(field, secret=True) for field in able.secrets}
    return type(f"{code.title()}Credentials", (Deed,), fields)


def _field(field: Field, *, secret: bool) -> forms.CharField:
    widget: forms.Widget
    if field.lines:
        widget = UnfoldAdminTextareaWidget({"rows": 3, "autocomplete": "off", "spellcheck": "false"})
    elif secret:
        widget = UnfoldAdminPasswordWidget({"autocomplete": "new-password"})
    else:
        widget = UnfoldAdminTextInputWidget({"autocomplete": "off"})
    return forms.CharField(label=_(field.label), required=False, max_length=8_000, widget=widget)
