"""Coupons: what one takes off, for whom, when; its codes."""

from typing import Any

from django import forms
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from kernel.money import BadAmount, Money

from ..coupon_words import KINDS
from ..models import Coupon, Merchant, Product, Store
from ..models.coupon import MAX_PER_BUYER
from ..models.coupon_batch import MAX_CODES
from ..services.coupon_codes import PREFIX_LENGTH
from ..states import CouponKind, ProductStatus
from .product import CURRENCIES

_LOCAL = "%Y-%m-%dT%H:%M"
_MOST = 2_147_483_647
SUMS = ("amount", "cap", "minimum")
FIXED_ONCE_USED = ("store", "kind", *SUMS, "percent", "currency", "first_order", "stackable")


class _StoreField(forms.ModelChoiceField):  # type: ignore[type-arg]
    def label_from_instance(self, obj: Store) -> str:
        return str(obj.name)


class _ProductsField(forms.ModelMultipleChoiceField):  # type: ignore[type-arg]
    def label_from_instance(self, obj: Product) -> str:
        return f"{obj.name} · {obj.store.name}"


def _amount(label: Any, help_text: Any = "") -> forms.CharField:
    widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})
    return forms.CharField(label=label, required=False, max_length=20, widget=widget, help_text=help_text)


def _moment(label: Any) -> forms.DateTimeField:
    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format=_LOCAL)
    return forms.DateTimeField(label=label, required=False, widget=widget, input_formats=[_LOCAL])


class CouponForm(forms.Form):
    """A coupon. Amounts are typed in major units: 5.00; times are those of the merchant's zone."""

    name = forms.CharField(label=_("Name"), max_length=80, help_text=_("For yourself; buyers see the code."))
    kind = forms.ChoiceField(label=_("Kind of discount"), widget=forms.RadioSelect, initial=CouponKind.FIXED)
    amount = _amount(_("Amount off"))
    percent = forms.DecimalField(
        label=_("Percent off"),
        required=False,
        max_digits=5,
        decimal_places=2,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )
    cap = _amount(_("At most"), _("The most that the percentage takes off one order."))
    minimum = _amount(_("Least spend"), _("Counted before any discount."))
    currency = forms.ChoiceField(label=_("Currency"), choices=[(code, code) for code in CURRENCIES])
    first_order = forms.BooleanField(label=_("Only for a buyer's first order"), required=False)
    stackable = forms.BooleanField(
        label=_("May be used together with others that allow it too, three at most"), required=False
    )
    most_uses = forms.IntegerField(
        label=_("Uses in all"), required=False, min_value=1, max_value=_MOST, help_text=_("Empty: no limit.")
    )
    per_buyer = forms.IntegerField(
        label=_("Uses by one buyer"),
        required=False,
        min_value=1,
        max_value=MAX_PER_BUYER,
        help_text=_("Empty: no limit. A buyer is an e-mail address."),
    )
    starts_at = _moment(_("Begins at"))
    ends_at = _moment(_("Ends at"))
    code = forms.CharField(
        label=_("Coupon code"),
        required=False,
        max_length=40,
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}
        ),
        help_text=_("What buyers type, such as SPRING24. Leave it empty to generate codes afterwards."),
    )

    def __init__(self, *args: Any, merchant: Merchant, coupon: Coupon | None = None, **kwargs: Any) -> None:
        if coupon is not None:
            kwargs["initial"] = _initial(coupon) | kwargs.get("initial", {})
        super().__init__(*args, **kwargs)
        stores = Store.objects.filter(merchant=merchant).order_by("created_at")
        self.fields["kind"].choices = [(kind, gettext(text)) for kind, text in KINDS.items()]  # type: ignore[attr-defined]
        self.fields["store"] = _StoreField(
            stores, label=_("Store"), required=False, empty_label=gettext("All stores")
        )
        # One that is archived meanwhile stays ticked: without it the coupon might be for everything.
        named = Q(pk__in=[row.product_id for row in coupon.products.all()] if coupon else [])
        self.fields["products"] = _ProductsField(
            Product.objects.filter(~Q(status=ProductStatus.ARCHIVED) | named, merchant=merchant)
            .select_related("store")
            .order_by("store__slug", "position", "id"),
            label=_("Products"),
            required=False,
            widget=forms.CheckboxSelectMultiple,
            help_text=_("None ticked: all of them."),
        )
        if coupon is not None:
            del self.fields["code"]
            # One that a program named stays, even where the form would not offer it.
            named_one = {coupon.currency} - {"", *CURRENCIES}
            self.fields["currency"].choices += [(code, code) for code in named_one]  # type: ignore[attr-defined]
            if coupon.uses.exists():
                for name in FIXED_ONCE_USED:
                    self.fields[name].disabled = True

    def clean(self) -> dict[str, Any]:
        """Read the amounts; what the chosen kind does not know is left away, whatever is typed there."""
        data = super().clean() or self.cleaned_data
        currency, kind = data.get("currency", "CNY"), data.get("kind")
        unused = ("cap",) if kind != CouponKind.PERCENTAGE else ("amount",)
        for name in SUMS:
            text = str(data.get(name) or "").strip()
            data[name] = None if name in unused or not text else self._amount(name, text, currency)
        return data

    def _amount(self, name: str, text: str, currency: str) -> int | None:
        try:
            return Money.parse(text, currency).amount
        except BadAmount:
            self.add_error(name, gettext("This is not an amount."))
            return None


class CodeForm(forms.Form):
    """One more code of a coupon."""

    code = forms.CharField(
        label=_("Coupon code"),
        max_length=40,
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}
        ),
        help_text=_("3 to 32 letters from A to Z and digits."),
    )
    most_uses = forms.IntegerField(
        label=_("Uses of this code"),
        required=False,
        min_value=1,
        max_value=_MOST,
        help_text=_("Empty: as often as the coupon."),
    )
    email = forms.EmailField(
        label=_("Only for this buyer"),
        required=False,
        max_length=200,
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
        help_text=_("The buyer's e-mail address. To everybody else there is no such code. Empty: for all."),
    )


class GenerateForm(forms.Form):
    """Many codes that nobody can guess, each for one use. `form_key` makes sending it twice harmless."""

    form_key = forms.UUIDField(widget=forms.HiddenInput, required=False)
    count = forms.IntegerField(label=_("How many"), min_value=1, max_value=MAX_CODES, initial=100)
    begins_with = forms.CharField(
        label=_("They begin with"),
        required=False,
        max_length=PREFIX_LENGTH,
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}
        ),
        help_text=_("Up to 12 letters from A to Z and digits; 16 random ones follow."),
    )


def _initial(coupon: Coupon) -> dict[str, Any]:
    """What a coupon is, as it is typed."""
    plain = ("name", "kind", "currency", "first_order", "stackable", "most_uses", "per_buyer")
    typed: dict[str, Any] = {name: getattr(coupon, name) for name in plain}
    for name in SUMS:
        money = coupon.money(getattr(coupon, name))
        typed[name] = "" if money is None else str(money.decimal)
    return typed | {
        "percent": None if coupon.percent is None else f"{coupon.percent.normalize():f}",
        "store": coupon.store_id,
        "products": [row.product_id for row in coupon.products.all()],
        "starts_at": coupon.starts_at,
        "ends_at": coupon.ends_at,
    }
