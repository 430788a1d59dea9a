"""A store's words and colour."""

from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.core.validators import RegexValidator
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from ..models import Store
from ..models.store import ACCENT, SLUG

_SLUG = RegexValidator(SLUG, _("Small letters, digits and single hyphens."))


if TYPE_CHECKING:
    _ModelForm = forms.ModelForm[Store]
else:
    _ModelForm = forms.ModelForm


class StoreForm(_ModelForm):
    """A store's words and colour."""

    accent = forms.CharField(
        label=_("Accent colour"),
        max_length=7,
        validators=[RegexValidator(ACCENT)],
        widget=forms.TextInput(attrs={"type": "color"}),
    )

    class Meta:
        model = Store
        fields = ("name_zh", "name_en", "notice_zh", "notice_en", "support_zh", "support_en", "accent")
        labels: ClassVar[dict[str, Any]] = {
            "name_zh": _("Name in Chinese"),
            "name_en": _("Name in English"),
            "notice_zh": _("Notice in Chinese"),
            "notice_en": _("Notice in English"),
            "support_zh": _("Support contact in Chinese"),
            "support_en": _("Support contact in English"),
        }
        widgets: ClassVar[dict[str, Any]] = {
            "notice_zh": forms.Textarea(attrs={"rows": 3}),
            "notice_en": forms.Textarea(attrs={"rows": 3}),
        }

    def clean(self) -> dict[str, Any]:
        """A store has a name."""
        data = super().clean() or self.cleaned_data
        if not data.get("name_zh") and not data.get("name_en"):
            self.add_error("name_zh", gettext("Give a name in at least one language."))
        return data


class NewStoreForm(StoreForm):
    """A store that is about to be opened: its address as well."""

    slug = forms.CharField(label=_("Name in the address"), max_length=43, validators=[_SLUG])

    class Meta(StoreForm.Meta):
        fields = ("slug", *StoreForm.Meta.fields)  # type: ignore[assignment]
