"""A product with its quantity prices."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.core.validators import RegexValidator
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from kernel.money import BadAmount, Money

from ..models import Merchant, Product, Store
from ..models.product import MAX_PRICE, MAX_QUANTITY
from ..models.store import SLUG
from ..states import ProductKind

TIER_ROWS = 5
_OF_KEYS = (
    *("price", "min_quantity", "max_quantity", "hold_minutes", "unpaid_share"),
    "low_stock_threshold",
)
CURRENCIES = ("CNY", "USD", "EUR", "HKD", "JPY")


if TYPE_CHECKING:
    _ModelForm = forms.ModelForm[Product]
else:
    _ModelForm = forms.ModelForm


class _StoreField(forms.ModelChoiceField):  # type: ignore[type-arg]
    def label_from_instance(self, obj: Store) -> str:
        return f"{obj.name} · {obj.slug}"


class ProductForm(_ModelForm):
    """A product with its quantity prices. Prices are typed in major units: 19.80."""

    price = forms.CharField(
        label=_("Price for one"), max_length=20, widget=forms.TextInput(attrs={"inputmode": "decimal"})
    )
    currency = forms.ChoiceField(label=_("Currency"), choices=[(code, code) for code in CURRENCIES])

    slug = forms.CharField(
        label=_("Name in the address"),
        max_length=60,
        validators=[RegexValidator(SLUG, _("Small letters, digits and single hyphens."))],
        help_text=_("Small letters, digits and single hyphens."),
    )

    class Meta:
        model = Product
        fields = (
            *("store", "slug", "name_zh", "name_en", "description_zh", "description_en"),
            *("usage_zh", "usage_en", "currency", "price", "min_quantity", "max_quantity"),
            *("hold_minutes", "unpaid_share", "low_stock_threshold", "position"),
        )
        labels: ClassVar[dict[str, Any]] = {
            "name_zh": _("Name in Chinese"),
            "name_en": _("Name in English"),
            "description_zh": _("Description in Chinese"),
            "description_en": _("Description in English"),
            "usage_zh": _("How to use it, in Chinese"),
            "usage_en": _("How to use it, in English"),
            "min_quantity": _("Smallest quantity"),
            "max_quantity": _("Largest quantity"),
            "hold_minutes": _("Minutes to pay"),
            "unpaid_share": _("Share one buyer may hold unpaid, %"),
            "low_stock_threshold": _("Warn below"),
            "position": _("Place on the shelf"),
        }
        help_texts: ClassVar[dict[str, Any]] = {
            "description_zh": _("Markdown: **bold**, lists, links."),
            "description_en": _("Markdown: **bold**, lists, links."),
            "usage_zh": _("Shown with the keys after paying."),
            "usage_en": _("Shown with the keys after paying."),
            "hold_minutes": _("An unpaid order keeps its keys this long, 5 to 60."),
            "unpaid_share": _(
                "Of the free keys, by one e-mail or network address. One whole order is always fine."
            ),
            "low_stock_threshold": _("A warning appears on your home page."),
        }
        widgets: ClassVar[dict[str, Any]] = {
            name: forms.Textarea(attrs={"rows": 5})
            for name in ("description_zh", "description_en", "usage_zh", "usage_en")
        }

    def __init__(
        self,
        *args: Any,
        merchant: Merchant,
        kind: ProductKind = ProductKind.CARD_KEYS,
        tiers: dict[int, int] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.is_membership = kind is ProductKind.MEMBERSHIP
        stores = Store.objects.filter(merchant=merchant).order_by("created_at")
        self.fields["store"] = _StoreField(stores, label=_("Store"), empty_label=None)
        if self.is_membership:
            # Its plans say what it costs and how many one may have; there is no stock to be held or low.
            for name in _OF_KEYS:
                del self.fields[name]
            for name in ("usage_zh", "usage_en"):
                self.fields[name].help_text = _("Shown with the membership after paying.")
        self._bounds()
        if self.instance.pk and not self.instance._state.adding:
            # What was sold in one currency must remain comparable, and addresses that were shared must work.
            for name in ("store", "currency"):
                self.fields[name].disabled = True
            self.initial["price"] = str(self.instance.unit_price.decimal)
        if not self.is_membership:
            self._add_tiers(tiers or {})

    @property
    def tier_rows(self) -> Iterator[tuple[forms.BoundField, forms.BoundField]]:
        """The pairs of fields of the quantity prices."""
        return ((self[f"from_{row}"], self[f"each_{row}"]) for row in range(TIER_ROWS))

    def clean(self) -> dict[str, Any]:
        """Read the amounts, and the quantity prices into `tiers`."""
        data = super().clean() or self.cleaned_data
        if not data.get("name_zh") and not data.get("name_en"):
            self.add_error("name_zh", gettext("Give a name in at least one language."))
        if self.is_membership:
            return data
        currency = data.get("currency", "CNY")
        data["price"] = self._amount("price", currency)
        data["tiers"] = {
            int(data[f"from_{row}"]): self._amount(f"each_{row}", currency)
            for row in range(TIER_ROWS)
            if data.get(f"from_{row}") and data.get(f"each_{row}")
        }
        return data

    def _amount(self, name: str, currency: str) -> int:
        text = str(self.cleaned_data.get(name) or "").strip()
        try:
            amount = Money.parse(text, currency).amount
        except BadAmount:
            self.add_error(name, gettext("This is not an amount."))
            return 1
        if not 0 < amount <= MAX_PRICE:
            self.add_error(name, gettext("This is not an amount."))
        return amount

    def _bounds(self) -> None:
        for name, least, most in (
            ("min_quantity", 1, MAX_QUANTITY),
            ("max_quantity", 1, MAX_QUANTITY),
            ("hold_minutes", 5, 60),
            ("unpaid_share", 1, 100),
            ("low_stock_threshold", 0, 1_000_000),
            ("position", 0, 10_000),
        ):
            if name in self.fields:
                self.fields[name].widget.attrs.update({"min": least, "max": most})

    def _add_tiers(self, tiers: dict[int, int]) -> None:
        currency = self.instance.currency or "CNY"
        known = sorted(tiers.items())[:TIER_ROWS]
        rows = known + [(0, 0)] * (TIER_ROWS - len(known))
        for row, (quantity, amount) in enumerate(rows):
            self.fields[f"from_{row}"] = forms.IntegerField(
                label=_("From quantity"),
                required=False,
                min_value=2,
                max_value=MAX_QUANTITY,
                initial=quantity or None,
            )
            self.fields[f"each_{row}"] = forms.CharField(
                label=_("Price each"),
                required=False,
                max_length=20,
                initial=str(Money(amount, currency).decimal) if amount else "",
                widget=forms.TextInput(attrs={"inputmode": "decimal"}),
            )
