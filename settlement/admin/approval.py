"""What an approver fills in: a code of their authenticator, and why."""

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextInputWidget

from web.backoffice import Deed


class Approval(Deed):
    """The code is asked again at every approval."""

    code = forms.CharField(
        label=_("Code of your authenticator"),
        min_length=6,
        max_length=8,
        widget=UnfoldAdminTextInputWidget({"autocomplete": "one-time-code", "inputmode": "numeric"}),
        help_text=_("The six digits that your app shows now. Each code counts once."),
    )
    field_order = ("code", "reason")
