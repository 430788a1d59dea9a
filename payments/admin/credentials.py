"""The dialog for an account's settings and secrets, made from what its channel says it has."""

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminPasswordWidget, UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from web.backoffice import Deed

from ..channels.base import Field
from ..channels.registry import channel


class WriteOnlyArea(UnfoldAdminTextareaWidget):  # type: ignore[misc]
    """Several lines that are never written back into the page, not even beside an error."""

    def format_value(self, value: object) -> str:
        return ""


def form_of(code: str) -> type[Deed]:
    """The form for accounts of a channel. Nothing of what is kept is filled in."""
    able = channel(code).capabilities
    fields = {field.name: _field(field, secret=False) for field in able.settings}
    fields |= {field.name: _field(field, secret=True) for field in able.secrets}
    return type(f"{code.title()}Credentials", (Deed,), fields)


def _field(field: Field, *, secret: bool) -> forms.CharField:
    widget: forms.Widget
    if field.lines:
        widget = (WriteOnlyArea if secret else UnfoldAdminTextareaWidget)(
            {"rows": 3, "autocomplete": "off", "spellcheck": "false"}
        )
    elif secret:
        widget = UnfoldAdminPasswordWidget({"autocomplete": "new-password"})
    else:
        widget = UnfoldAdminTextInputWidget({"autocomplete": "off"})
    return forms.CharField(label=_(field.label), required=False, max_length=8_000, widget=widget)


def registration_of(code: str) -> type[Deed]:
    """The form for a new account of a channel."""
    rate = forms.DecimalField(
        label=_("Rate in per cent"),
        min_value=0,
        max_value=99,
        max_digits=7,
        decimal_places=4,
        widget=UnfoldAdminTextInputWidget({"inputmode": "decimal", "autocomplete": "off"}),
    )
    fields = {
        "merchant": _text(_("Merchant"), _("Its name here: mer_…")),
        "label": _text(_("Label"), _("How merchants and operators know it.")),
        "gateway": _text(_("Gateway"), _("The address of the channel's server.")),
        "rate": rate,
    }
    order = [*fields, *form_of(code).base_fields]
    order.append(order.pop(order.index("reason")))
    return type(f"{code.title()}Registration", (form_of(code),), {**fields, "field_order": order})


def _text(label: object, hint: object) -> forms.CharField:
    widget = UnfoldAdminTextInputWidget({"autocomplete": "off"})
    return forms.CharField(label=label, help_text=hint, max_length=200, widget=widget)
