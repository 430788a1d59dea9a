"""Payments: each attempt to pay an order, and what the channel said of it."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

import audit
from kernel import ids
from kernel.actors import Actor
from merchants.admin.trails import trail_of
from web.backoffice import Inline, Reading, badge, by, deed, display, link, money, pill, yes

from ..models import Notice, Payment
from ..notice_reasons import outcome, subject
from ..services import queries
from ..services.accounts import method_named
from ..states import OPEN_ATTEMPTS, Use
from .notice import why


class NoticeRows(Inline):
    """What the channel said."""

    model = Notice
    fields = readonly_fields = (
        "received_at",
        "said_label",
        "money",
        "state_label",
        "reason_shown",
        "asked_shown",
    )
    verbose_name_plural = _("notices")

    @display(description=_("Amount"))
    def money(self, notice: Notice) -> str:
        return money(notice.money)

    @display(description=_("Why"))
    def reason_shown(self, notice: Notice) -> str:
        return why(notice)

    @display(description=_("Our own question"))
    def asked_shown(self, notice: Notice) -> SafeString | str:
        return yes(holds=notice.asked)

    @display(description=_("What it says"))
    def said_label(self, notice: Notice) -> SafeString | str:
        return pill("notice_about", subject(notice.said, notice.reason))

    @display(description=_("Outcome"))
    def state_label(self, notice: Notice) -> SafeString | str:
        return pill("notice_outcome", outcome(notice.state, notice.reason))


@admin.register(Payment)
class PaymentAdmin(Reading):
    """Payments, to be read; an open one is asked about here."""

    prefix = "pay"
    list_display = (
        *("key", "order_link", "method_shown", "money", "state_label", "use_label", "channel_txn", "code"),
        *("latency_ms", "book_label", "created_at"),
    )
    list_select_related = ("order",)
    list_filter = (by("state", "attempt", _("state")), "method", by("book", "book", _("book")))
    search_help_text = _("pay_…, or the channel's number")
    inlines = (NoticeRows,)
    actions_detail = ("ask_channel",)
    fieldsets = (
        (
            None,
            {
                "fields": (
                    ("key", "order_link"),
                    ("account_link", "method_shown"),
                    ("money", "state_label"),
                    ("use_label", "channel_txn"),
                    ("code", "message"),
                )
            },
        ),
        (
            _("Fees and refunds"),
            {"fields": (("platform_fee_shown", "channel_fee_shown"), ("refunded_shown", "available_at"))},
        ),
        (
            _("Times"),
            {
                "fields": (
                    ("created_at", "expires_at"),
                    ("paid_at", "concluded_at"),
                    ("next_query_at", "queries"),
                )
            },
        ),
        (_("Audit trail"), {"fields": ("trail",)}),
    )
    readonly_fields = (
        *(
            "key",
            "order_link",
            "account_link",
            "method_shown",
            "money",
            "state_label",
            "use_label",
            "channel_txn",
        ),
        *("code", "message", "platform_fee_shown", "channel_fee_shown", "refunded_shown", "available_at"),
        *("created_at", "expires_at", "paid_at", "concluded_at", "next_query_at", "queries", "trail"),
    )

    def find(self, queryset: QuerySet[Any], term: str) -> QuerySet[Any]:
        if term.startswith("ord_"):
            return queryset.filter(order=ids.decode("ord", term))
        return queryset.filter(channel_txn=term)

    @display(description=_("Order"))
    def order_link(self, payment: Payment) -> SafeString | str:
        return link("payments_order", payment.order_id, payment.order.number)

    @display(description=_("Channel account"))
    def account_link(self, payment: Payment) -> SafeString | str:
        return link("payments_channelaccount", payment.account_id, payment.account)

    @display(description=_("Method"))
    def method_shown(self, payment: Payment) -> str:
        known = method_named(payment.method)
        return gettext(known.label) if known else payment.method

    @display(description=_("Amount"), ordering="amount")
    def money(self, payment: Payment) -> str:
        return money(payment.money)

    @display(description=_("State"))
    def state_label(self, payment: Payment) -> SafeString | str:
        return pill("attempt", payment.state)

    @display(description=_("Used for"))
    def use_label(self, payment: Payment) -> SafeString | str:
        if not payment.use:
            return "—"
        is_applied = payment.use == Use.APPLIED
        words = gettext("The order") if is_applied else gettext("Surplus, goes back")
        return badge(words, "success" if is_applied else "warning")

    @display(description=_("Platform's fee"))
    def platform_fee_shown(self, payment: Payment) -> str:
        return f"{money(payment.fees.platform)} (−{money(payment.fees_returned.platform)})"

    @display(description=_("Channel's fee"))
    def channel_fee_shown(self, payment: Payment) -> str:
        return f"{money(payment.fees.channel)} (−{money(payment.fees_returned.channel)})"

    @display(description=_("Refunded"))
    def refunded_shown(self, payment: Payment) -> str:
        return money(payment.refunded, payment.currency)

    @display(description=_("Deeds"))
    def trail(self, payment: Payment) -> SafeString:
        return trail_of(payment.pk, payment.order_id)

    @deed(
        _("Ask the channel"),
        permission="payments.change_payment",
        icon="sync",
        says=_("The channel is asked how the payment stands. What it says is recorded like any notice."),
        fits=lambda payment: payment.state in OPEN_ATTEMPTS,
    )
    def ask_channel(self, actor: Actor, payment: Payment, *, reason: str) -> str:
        audit.record(
            actor,
            "payment.channel_asked",
            ("payment", payment.pk),
            merchant_id=payment.merchant_id,
            reason=reason,
        )
        queries.ask(payment.pk)
        return gettext("The channel was asked.")
