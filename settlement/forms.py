"""What a merchant types about its settlements."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class BankAccountForm(forms.Form):
    """Where to be paid."""

    currency = forms.ChoiceField(label=_("Currency"))
    holder = forms.CharField(
        label=_("Account holder"),
        max_length=120,
        help_text=_("Exactly as the bank writes it; payouts to another name come back."),
    )
    bank = forms.CharField(label=pgettext_lazy("of an account", "Bank"), max_length=80)
    number = forms.CharField(
        label=_("Account number"),
        max_length=50,
        widget=forms.TextInput(attrs={"inputmode": "text", "autocomplete": "off"}),
        help_text=_("Stored encrypted; only the last four digits are shown afterwards."),
    )

    def __init__(self, *args: Any, currencies: Sequence[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["currency"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(currency, currency) for currency in currencies]
