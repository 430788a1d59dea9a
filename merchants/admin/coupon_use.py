"""Uses of coupons, to be read."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from kernel import ids
from web.backoffice import Inline, Reading, by, display, link, money, of, pill

from ..models import CouponUse


class UseRows(Inline):
    """Where a coupon was used."""

    model = CouponUse
    fields = readonly_fields = (
        "order_link",
        "state_label",
        "took_off",
        "reserved_at",
        "redeemed_at",
        "returned_at",
    )
    verbose_name_plural = _("uses")
    show_change_link = False
    ordering = ("-pk",)

    @display(description=_("Order"))
    def order_link(self, use: CouponUse) -> SafeString | str:
        return link("payments_order", use.order_id, ids.encode("ord", use.order_id))

    @display(description=_("State"))
    def state_label(self, use: CouponUse) -> SafeString:
        return pill("coupon_use", use.state)

    @display(description=_("Discount"))
    def took_off(self, use: CouponUse) -> str:
        return money(use.discount, use.currency)


@admin.register(CouponUse)
class CouponUseAdmin(Reading):
    """Uses of coupons, to be read."""

    prefix = "cpu"
    list_display = (
        "key",
        "coupon_link",
        "order_link",
        "state_label",
        "took_off",
        "carrier_label",
        "reserved_at",
    )
    list_select_related = ("coupon",)
    list_filter = (by("state", "coupon_use", _("state")), by("carrier", "carrier", _("carrier")))
    search_help_text = _("cpu_…, cpn_…, ord_… or mer_…")
    fields = readonly_fields = (
        *("key", "coupon_link", "order_link", "state_label", "took_off", "carrier_label", "book_label"),
        *("reserved_at", "redeemed_at", "returned_at"),
    )

    def find(self, queryset: QuerySet[Any], term: str) -> QuerySet[Any]:
        return of(queryset, term, cpn="coupon", ord="order_id", mer="merchant")

    @display(description=_("Coupon"))
    def coupon_link(self, use: CouponUse) -> SafeString | str:
        return link("merchants_coupon", use.coupon_id, use.coupon.name)

    @display(description=_("Order"))
    def order_link(self, use: CouponUse) -> SafeString | str:
        return link("payments_order", use.order_id, ids.encode("ord", use.order_id))

    @display(description=_("State"))
    def state_label(self, use: CouponUse) -> SafeString:
        return pill("coupon_use", use.state)

    @display(description=_("Discount"))
    def took_off(self, use: CouponUse) -> str:
        return money(use.discount, use.currency)

    @display(description=_("Carried by"))
    def carrier_label(self, use: CouponUse) -> SafeString:
        return pill("carrier", use.carrier)
