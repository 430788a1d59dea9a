"""The form of a refund."""

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from kernel.money import BadAmount, Money

from .models import Payment


class RefundForm(forms.Form):
    """How much goes back, and why. `form_key` makes sending it twice harmless."""

    amount = forms.CharField(
        label=_("Amount"), max_length=20, widget=forms.TextInput(attrs={"inputmode": "decimal"})
    )
    reason = forms.CharField(label=_("Reason"), max_length=200)
    form_key = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, payment: Payment, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._currency = payment.currency
        self.fields["amount"].initial = str(payment.refundable.decimal)

    def clean_amount(self) -> Money:
        """The amount in the payment's currency."""
        try:
            amount = Money.parse(self.cleaned_data["amount"].strip(), self._currency)
        except BadAmount as error:
            raise forms.ValidationError(gettext("This is not an amount.")) from error
        if amount.amount <= 0:
            raise forms.ValidationError(gettext("This is not an amount."))
        return amount
