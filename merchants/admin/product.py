"""Products and the batches in which their keys came."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from web.backoffice import Reading, by, display, money, of, pill

from ..models import Product, StockBatch
from .trails import trail_of


@admin.register(Product)
class ProductAdmin(Reading):
    """Products, to be read; no page of the back office shows a key."""

    prefix = "prd"
    list_display = ("name_zh", "name_en", "store", "price_shown", "status_label", "created_at")
    list_select_related = ("store",)
    list_filter = (by("status", "product", _("status")),)
    search_help_text = _("prd_… or mer_…")
    fields = readonly_fields = (
        *("name_zh", "name_en", "slug", "store", "merchant", "price_shown", "status_label", "min_quantity"),
        *("max_quantity", "hold_minutes", "unpaid_share", "created_at", "trail"),
    )

    def find(self, queryset: QuerySet[Any], term: str) -> QuerySet[Any]:
        return of(queryset, term, mer="merchant")

    @display(description=_("Price"))
    def price_shown(self, product: Product) -> str:
        return money(product.price, product.currency)

    @display(description=_("Status"))
    def status_label(self, product: Product) -> SafeString | str:
        return pill("product", product.status)

    @display(description=_("Deeds"))
    def trail(self, product: Product) -> SafeString:
        return trail_of(product.pk)


@admin.register(StockBatch)
class StockBatchAdmin(Reading):
    """Batches of keys: counts, and who brought them."""

    prefix = "imp"
    list_display = ("key", "product", "merchant", "source", "state_label", "imported", "known", "created_at")
    list_select_related = ("product", "merchant")
    list_filter = (by("state", "batch", _("state")),)
    search_help_text = _("imp_… or mer_…")
    fields = readonly_fields = (
        *("key", "product", "merchant", "source", "filename", "state_label", "lines", "blank", "malformed"),
        *("repeated", "known", "imported", "voided", "created_by", "created_at", "finished_at", "trail"),
    )

    def find(self, queryset: QuerySet[Any], term: str) -> QuerySet[Any]:
        return of(queryset, term, mer="merchant")

    @display(description=_("State"))
    def state_label(self, batch: StockBatch) -> SafeString | str:
        return pill("batch", batch.state)

    @display(description=_("Deeds"))
    def trail(self, batch: StockBatch) -> SafeString:
        return trail_of(batch.pk)
