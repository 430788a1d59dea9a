"""Importing keys, finding one, and saying why."""

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from ..states import BatchSource


class UploadForm(forms.Form):
    """Keys to import: pasted, or a file; never both."""

    source = forms.ChoiceField(
        label=_("Where are the keys?"),
        choices=[
            (BatchSource.PASTE, _("I paste them")),
            (BatchSource.TXT, _("In a text file, one a line")),
            (BatchSource.CSV, _("In a column of a CSV file")),
        ],
        initial=BatchSource.PASTE,
        widget=forms.RadioSelect,
    )
    text = forms.CharField(
        label=_("Keys, one a line"),
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 10, "autocomplete": "off", "spellcheck": "false"}),
    )
    file = forms.FileField(
        label=_("File"),
        required=False,
        widget=forms.FileInput(attrs={"accept": ".txt,.csv,text/plain,text/csv"}),
    )

    def clean(self) -> dict[str, Any]:
        """What was chosen must be there."""
        data = super().clean() or self.cleaned_data
        if data.get("source") == BatchSource.PASTE:
            if not (data.get("text") or "").strip():
                self.add_error("text", gettext("Paste at least one key."))
        elif not data.get("file"):
            self.add_error("file", gettext("Choose a file."))
        return data


class LayoutForm(forms.Form):
    """How a CSV file is read."""

    delimiter = forms.ChoiceField(
        label=_("Columns are separated by"),
        choices=[(",", _("Comma ,")), (";", _("Semicolon ;")), ("\t", _("Tab")), ("|", _("Bar |"))],
    )
    column = forms.IntegerField(label=_("The key is in column"), min_value=1, max_value=100)
    has_header = forms.BooleanField(label=_("The first line names the columns"), required=False)


class ReasonForm(forms.Form):
    """Why something is done that cannot be undone, or that shows a secret."""

    reason = forms.CharField(label=_("Reason"), max_length=200)


class KeySearchForm(forms.Form):
    """A key to look for. It is sent by POST, so that it stands in no address and no log."""

    key = forms.CharField(
        label=_("Find a key"), max_length=2048, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
