"""Stores."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from kernel import ids
from web.backoffice import Reading, by, display, pill

from ..models import Store
from .trails import trail_of


@admin.register(Store)
class StoreAdmin(Reading):
    """Stores, to be read; their merchants keep them."""

    prefix = "sto"
    list_display = ("slug", "name_zh", "name_en", "merchant", "book_label", "status_label", "created_at")
    list_select_related = ("merchant",)
    list_filter = (by("status", "store", _("status")), by("book", "book", _("book")))
    search_help_text = _("A store's address, sto_… or mer_…")
    fields = readonly_fields = (
        *("slug", "address", "merchant", "book_label", "status_label", "name_zh", "name_en"),
        *("support_zh", "support_en", "created_at", "trail"),
    )

    def find(self, queryset: QuerySet[Any], term: str) -> QuerySet[Any]:
        if term.startswith("mer_"):
            return queryset.filter(merchant=ids.decode("mer", term))
        return queryset.filter(slug=term.lower())

    @display(description=_("Status"))
    def status_label(self, store: Store) -> SafeString | str:
        return pill("store", store.status)

    @display(description=_("Page"))
    def address(self, store: Store) -> SafeString:
        return format_html('<a href="/s/{0}/">/s/{0}/</a>', store.slug)

    @display(description=_("Deeds"))
    def trail(self, store: Store) -> SafeString:
        return trail_of(store.pk)
