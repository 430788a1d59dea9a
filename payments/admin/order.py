"""Orders: what was bought, how it was paid, what risk said, and everything that anybody did."""

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.enums import ActionVariant

import audit
import vault
from kernel import ids
from kernel.actors import Actor
from ledger.models import Transaction
from merchants.admin.trails import trail_of
from risk.models import Decision
from risk.reasons import REASONS
from vault.errors import Unreadable
from web.backoffice import Inline, Reading, badges, by, deed, display, link, money, pill, table
from web.templatetags.ui import ago
from web.vocabulary import word

from ..models import Order, Payment, Refund
from ..services import holds, queries
from ..services.baskets import CONTACT
from ..states import Fulfilment, PaymentState
from ..tokens import plain_number


def _is_held(order: Order) -> bool:
    return order.fulfilment == Fulfilment.HELD


def _is_open(order: Order) -> bool:
    return order.payment_state in (PaymentState.PENDING, PaymentState.PROCESSING)


def _is_queue(request: HttpRequest) -> bool:
    return request.GET.get("fulfilment") == Fulfilment.HELD


class PaymentRows(Inline):
    """The attempts to pay an order."""

    model = Payment
    fields = readonly_fields = (
        "own_reference",
        "method",
        "money",
        "state_label",
        "channel_txn",
        "code",
        "paid_at",
    )
    verbose_name_plural = _("payments")

    @display(description=_("Number"))
    def own_reference(self, payment: Payment) -> str:
        return payment.reference

    @display(description=_("Amount"))
    def money(self, payment: Payment) -> str:
        return money(payment.money)

    @display(description=_("State"))
    def state_label(self, payment: Payment) -> SafeString | str:
        return pill("attempt", payment.state)


class RefundRows(Inline):
    """What went back of an order."""

    model = Refund
    fields = readonly_fields = ("own_number", "kind_label", "money", "state_label", "reason", "requested_at")
    verbose_name_plural = _("refunds")

    @display(description=_("Number"))
    def own_number(self, refund: Refund) -> str:
        return refund.request_no

    @display(description=_("Amount"))
    def money(self, refund: Refund) -> str:
        return money(refund.money)

    @display(description=_("Kind"))
    def kind_label(self, refund: Refund) -> SafeString | str:
        return pill("refund_kind", refund.kind)

    @display(description=_("State"))
    def state_label(self, refund: Refund) -> SafeString | str:
        return pill("refund", refund.state)


@admin.register(Order)
class OrderAdmin(Reading):
    """Orders, to be read; held ones are released or rejected here."""

    prefix = "ord"
    list_display = (
        *("order_number", "merchant", "title", "quantity", "price", "payment_label", "fulfilment_label"),
        *("flags", "book_label", "placed_at"),
    )
    list_display_links = ("order_number",)
    list_select_related = ("merchant",)
    list_filter = (
        by("payment_state", "payment", _("payment")),
        by("fulfilment", "fulfilment", _("delivery")),
        by("book", "book", _("book")),
    )
    search_help_text = _("Order number, ord_…, mer_… or the channel's number of the payment")
    inlines = (PaymentRows, RefundRows)
    actions_detail = ("release", "reject", "ask_channel")
    fieldsets = (
        (None, {"fields": (("order_number", "key"), ("merchant_link", "store"), ("title", "quantity"))}),
        (
            _("Money and delivery"),
            {
                "fields": (
                    ("price", "payment_label"),
                    ("fulfilment_label", "flags"),
                    ("book_label", "contact_hint"),
                    ("placed_at", "expires_at"),
                    ("paid_at", "delivered_at"),
                    ("revealed_at", "closed_at"),
                )
            },
        ),
        (_("Risk"), {"fields": ("decision",)}),
        (_("Ledger"), {"fields": ("postings",)}),
        (_("Audit trail"), {"fields": ("trail",)}),
    )

    def get_readonly_fields(self, request: HttpRequest, obj: Order | None = None) -> list[str]:
        return [name for _, part in self.fieldsets for row in part["fields"] for name in _names(row)]

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        """Newest first; the review queue begins with who has waited longest."""
        return ("pk",) if _is_queue(request) else ("-pk",)

    def get_list_display(self, request: HttpRequest) -> tuple[str, ...]:
        """The review queue shows how long each waits, and why."""
        if not _is_queue(request):
            return self.list_display
        return ("order_number", "waits", "why_held", "merchant", "title", "quantity", "price", "book_label")

    def find(self, queryset: QuerySet[Any], term: str) -> QuerySet[Any]:
        """By number, by merchant, by the channel's number of a payment."""
        if term.startswith("mer_"):
            return queryset.filter(merchant=ids.decode("mer", term))
        paid = Payment.objects.filter(channel_txn=term).values("order")
        return queryset.filter(Q(number=plain_number(term)) | Q(pk__in=paid))

    @display(description=_("Order number"))
    def order_number(self, order: Order) -> str:
        return order.number

    @display(description=_("Waits since"))
    def waits(self, order: Order) -> SafeString | str:
        return ago(order.paid_at) if order.paid_at else "—"

    @display(description=_("Why"))
    def why_held(self, order: Order) -> str:
        found = Decision.objects.filter(pk=order.decision_id).first() if order.decision_id else None
        codes = [reason["code"] for reason in found.reasons] if found else []
        return "; ".join(gettext(REASONS[code]) if code in REASONS else code for code in codes) or "—"

    @display(description=_("Total"), ordering="total")
    def price(self, order: Order) -> str:
        return money(order.total, order.currency)

    @display(description=_("Merchant"))
    def merchant_link(self, order: Order) -> SafeString | str:
        return link("merchants_merchant", order.merchant_id, order.merchant)

    @display(description=_("Payment"))
    def payment_label(self, order: Order) -> SafeString | str:
        return pill("payment", order.payment_state)

    @display(description=_("Delivery"))
    def fulfilment_label(self, order: Order) -> SafeString | str:
        return pill("fulfilment", order.fulfilment)

    @display(description=_("Flags"))
    def flags(self, order: Order) -> SafeString | str:
        return badges([gettext(word("flag", flag).text) for flag in order.flags], "warning") or "—"

    @display(description=_("E-mail"))
    def contact_hint(self, order: Order) -> str:
        """Enough to recognise a buyer who writes in, not enough to write to one."""
        try:
            opened = vault.open(order.merchant_id, order.contact, context=CONTACT, row=order.pk).decode()
        except Unreadable:
            return gettext("erased")
        name, _at, domain = opened.partition("@")
        return f"{name[:1]}…@{domain}"

    @display(description=_("Decision"))
    def decision(self, order: Order) -> SafeString | str:
        found = Decision.objects.filter(pk=order.decision_id).first() if order.decision_id else None
        return link("risk_decision", found.pk, gettext(word("outcome", found.outcome).text)) if found else "—"

    @display(description=_("Transactions"))
    def postings(self, order: Order) -> SafeString:
        subjects = [order.pk, *order.payments.values_list("pk", flat=True)]
        subjects += order.refunds.values_list("pk", flat=True)
        found = Transaction.objects.filter(subject_id__in=subjects).order_by("pk")
        rows = [
            (link("ledger_transaction", each.pk, each.reference), each.kind, each.posted_at) for each in found
        ]
        return table((_("Reference"), _("Kind"), _("Posted at")), rows)

    @display(description=_("Deeds"))
    def trail(self, order: Order) -> SafeString:
        return trail_of(order.pk, *order.payments.values_list("pk", flat=True))

    @deed(
        _("Release"),
        permission="payments.change_order",
        icon="check_circle",
        variant=ActionVariant.SUCCESS,
        says=_("The keys go to the buyer at once. This cannot be taken back."),
        fits=_is_held,
    )
    def release(self, actor: Actor, order: Order, *, reason: str) -> str:
        holds.release(order, actor=actor, reason=reason)
        return gettext("The order was released and delivered.")

    @deed(
        _("Reject and refund"),
        permission="payments.change_order",
        icon="block",
        variant=ActionVariant.DANGER,
        says=_("The keys go back to the shelf and the whole amount goes back to the buyer."),
        fits=_is_held,
    )
    def reject(self, actor: Actor, order: Order, *, reason: str) -> str:
        holds.reject(order, actor=actor, reason=reason)
        return gettext("The order was rejected; the refund is on its way.")

    @deed(
        _("Ask the channel"),
        permission="payments.change_order",
        icon="sync",
        says=_("The channel is asked how the payment stands. What it says is recorded like any notice."),
        fits=_is_open,
    )
    def ask_channel(self, actor: Actor, order: Order, *, reason: str) -> str:
        audit.record(
            actor, "order.channel_asked", ("order", order.pk), merchant_id=order.merchant_id, reason=reason
        )
        queries.ask_now(order)
        return gettext("The channel was asked.")


def _names(row: Any) -> tuple[str, ...]:
    return (row,) if isinstance(row, str) else tuple(row)
