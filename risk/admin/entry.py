"""Block and allow lists."""

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.enums import ActionVariant
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from kernel import clock
from kernel.actors import Actor
from kernel.books import Book
from merchants.admin.fields import BookField, MerchantField
from merchants.admin.trails import trail_of
from web.backoffice import Deed, Reading, badge, by, deed, display

from .. import values
from ..models import ListEntry
from ..services import lists
from ..states import Disposition, Kind

KINDS = {
    Kind.EMAIL: _("E-mail"),
    Kind.EMAIL_DOMAIN: _("E-mail domain"),
    Kind.ADDRESS: _("Network address"),
    Kind.DEVICE: _("Device"),
}
EFFECTS = {Disposition.BLOCK: _("Refused"), Disposition.ALLOW: _("Exempt from limits")}
_DAYS = [
    ("", _("Until it is taken off")),
    (1, _("A day")),
    (7, _("A week")),
    (30, _("30 days")),
    (365, _("A year")),
]


class NewEntry(Deed):
    """A value to refuse or to exempt. It is not kept: only its fingerprint and a hint."""

    kind = forms.TypedChoiceField(
        label=_("Kind"), choices=KINDS.items(), coerce=Kind, widget=UnfoldAdminSelectWidget()
    )
    value = forms.CharField(label=_("Value"), max_length=255, widget=UnfoldAdminTextInputWidget())
    disposition = forms.TypedChoiceField(
        label=_("Effect"), choices=EFFECTS.items(), coerce=Disposition, widget=UnfoldAdminSelectWidget()
    )
    days = forms.TypedChoiceField(
        label=_("How long"), choices=_DAYS, coerce=int, empty_value=0, required=False,
        widget=UnfoldAdminSelectWidget(),
    )  # fmt: skip
    book = BookField()
    merchant_id = MerchantField(empty=_("Empty: all merchants of the book."))
    field_order = ("kind", "value", "disposition", "days", "book", "merchant_id", "reason")


@admin.register(ListEntry)
class ListEntryAdmin(Reading):
    """Entries. The search finds a value by its fingerprint, so it can be looked up and not read."""

    prefix = "lst"
    list_display = (
        *("kind_shown", "hint", "effect_label", "merchant_shown", "book_label", "reason", "expires_at"),
        "created_at",
    )
    list_select_related = ("merchant",)
    list_filter = (by("book", "book", _("book")), "kind", "disposition")
    search_help_text = _("A whole e-mail address, domain or network address")
    actions_list = ("add_entry",)
    actions_detail = ("take_off",)
    fields = readonly_fields = (
        *("kind_shown", "hint", "effect_label", "merchant_shown", "book_label", "reason", "expires_at"),
        *("created_at", "trail"),
    )

    def find(self, queryset: QuerySet[Any], term: str) -> QuerySet[Any]:
        keys = [values.key(kind, term, book=book) for kind in Kind for book in Book]
        return queryset.filter(key__in=[key for key in keys if key])

    @display(description=_("Kind"))
    def kind_shown(self, entry: ListEntry) -> str:
        return str(KINDS[Kind(entry.kind)])

    @display(description=_("Effect"))
    def effect_label(self, entry: ListEntry) -> SafeString | str:
        tone = "danger" if entry.disposition == Disposition.BLOCK else "success"
        return badge(EFFECTS[Disposition(entry.disposition)], tone)

    @display(description=_("Merchant"))
    def merchant_shown(self, entry: ListEntry) -> str:
        return str(entry.merchant) if entry.merchant else gettext("All")

    @display(description=_("Deeds"))
    def trail(self, entry: ListEntry) -> SafeString:
        return trail_of(entry.pk)

    @deed(
        _("Add an entry"),
        permission="risk.add_listentry",
        icon="add",
        form=NewEntry,
        says=_("Only a fingerprint and a hint are kept. Whoever wants to take it off finds it by the hint."),
    )
    def add_entry(
        self, actor: Actor, *, kind: Kind, value: str, disposition: Disposition, days: int, **rest: Any
    ) -> str:
        until = clock.now() + timedelta(days=days) if days else None
        lists.add(kind, value, disposition, actor=actor, expires_at=until, **rest)
        return gettext("The value stands on the list.")

    @deed(
        _("Take off"),
        permission="risk.delete_listentry",
        icon="delete",
        variant=ActionVariant.DANGER,
        says=_("The value is treated like any other again. The audit trail keeps that it was listed."),
    )
    def take_off(self, actor: Actor, entry: ListEntry, *, reason: str) -> str:
        lists.remove(entry, actor=actor, reason=reason)
        return gettext("The value was taken off the list.")
