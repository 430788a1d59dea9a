"""What buyers type below `/my/`."""

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from .keys import EMAIL_MOST

_NO_HELP = {"autocapitalize": "none", "spellcheck": "false"}


class EmailForm(forms.Form):
    """An address of one's own."""

    email = forms.EmailField(
        label=_("E-mail"),
        max_length=EMAIL_MOST,
        widget=forms.EmailInput(attrs={"autocomplete": "email", "inputmode": "email", **_NO_HELP}),
    )


class NewEmailForm(EmailForm):
    """The address to move to."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].label = _("New e-mail")


def _code(label: Any) -> forms.CharField:
    # Longer than the code: who pastes it brings spaces along, and half the mail sometimes.
    attrs = {"inputmode": "numeric", "autocomplete": "one-time-code", "class": "code-input"}
    return forms.CharField(
        label=label,
        max_length=40,
        help_text=_("The digits from the latest mail; spaces do not matter."),
        widget=forms.TextInput(attrs={**attrs, **_NO_HELP}),
    )


class _Codes(forms.Form):
    """The first field takes the focus, unless the summary of errors does."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.is_bound:
            next(iter(self.fields.values())).widget.attrs["autofocus"] = True


class CodeForm(_Codes):
    """The code that was mailed."""

    code = _code(pgettext_lazy("mailed to a person", "Code"))


class BothCodesForm(_Codes):
    """The codes that were mailed to the present address and to the new one."""

    old_email = _code(_("Code sent to your present address"))
    new_email = _code(_("Code sent to the new address"))


class LanguageForm(forms.Form):
    """The language of pages and mails."""

    language = forms.ChoiceField(label=_("Language of pages and mails"), choices=settings.LANGUAGES)


class EraseForm(forms.Form):
    """That it is meant."""

    sure = forms.BooleanField(label=_("Yes, delete my account"))
