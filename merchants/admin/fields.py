"""Fields that the dialogs of several apps share."""

from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from kernel import ids
from kernel.books import Book
from kernel.errors import NotFound
from web.vocabulary import WORDS

from ..models import Merchant

BOOKS = [(book.value, _(WORDS["book"][book].text)) for book in Book]


def words(kind: str, *, without: str = "") -> list[tuple[str, Any]]:
    """The choices of a state, in the words of the vocabulary."""
    return [(state, _(known.text)) for state, known in WORDS[kind].items() if state != without]


class MerchantField(forms.CharField):
    """A merchant by its name `mer_…`. `empty` says what it means to name none."""

    def __init__(self, *, empty: Any, **options: Any) -> None:
        widget = UnfoldAdminTextInputWidget({"placeholder": "mer_…"})
        super().__init__(label=_("Merchant"), required=False, widget=widget, help_text=empty, **options)

    def clean(self, value: Any) -> UUID | None:
        text = super().clean(value).strip()
        if not text:
            return None
        try:
            key = ids.decode("mer", text)
        except NotFound as error:
            raise forms.ValidationError(_("There is no such merchant.")) from error
        if not Merchant.objects.filter(pk=key).exists():
            raise forms.ValidationError(_("There is no such merchant."))
        return key


class BookField(forms.ChoiceField):
    """One of the two books."""

    def __init__(self, **options: Any) -> None:
        super().__init__(label=_("Book"), choices=BOOKS, widget=UnfoldAdminSelectWidget(), **options)

    def clean(self, value: Any) -> Book:
        return Book(super().clean(value))
