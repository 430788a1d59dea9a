"""Notices: what channels told us, with their bodies masked, and what was refused."""

from typing import Any
from urllib.parse import parse_qsl

from django.contrib import admin
from django.db.models import QuerySet
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from kernel import ids
from vault.errors import Unreadable
from web.backoffice import Reading, by, display, link, money, pill, table, yes

from ..models import Notice, UnverifiedNotice
from ..notice_reasons import REASONS
from ..services import notices

# What an operator needs to compare; all else of a message may be about the buyer.
_SHOWN = frozenset(
    [
        *("app_id", "auth_app_id", "seller_id", "out_trade_no", "trade_no", "trade_status", "total_amount"),
        *("receipt_amount", "refund_fee", "out_biz_no", "notify_id", "notify_type", "notify_time", "version"),
        *("gmt_create", "gmt_payment", "gmt_refund", "gmt_close", "charset", "state", "amount", "currency"),
        *("reference", "code"),
    ]
)


def why(notice: Notice) -> str:
    """Why the notice has its outcome."""
    return gettext(REASONS[notice.reason]) if notice.reason in REASONS else notice.reason or "—"


@admin.register(Notice)
class NoticeAdmin(Reading):
    """Genuine notices and what became of them."""

    prefix = "ntc"
    list_display = (
        *(
            "received_at",
            "account",
            "payment_link",
            "said_label",
            "money",
            "state_label",
            "reason_shown",
            "asked_shown",
        ),
    )
    list_select_related = ("account", "payment")
    list_filter = (
        by("state", "notice", _("outcome")),
        by("said", "charge", _("what it says")),
        by("account__book", "book", _("book")),
        "asked",
    )
    search_help_text = _("ntc_…, pay_… or the channel's number of the payment")
    fields = readonly_fields = (
        *("own_key", "key", "received_at", "account", "payment_link", "said_label", "money", "channel_txn"),
        *("occurred_at", "state_label", "reason_shown", "asked_shown", "tries", "body_masked"),
    )

    def find(self, queryset: QuerySet[Any], term: str) -> QuerySet[Any]:
        if term.startswith("pay_"):
            return queryset.filter(payment=ids.decode("pay", term))
        return queryset.filter(payment__channel_txn=term)

    @display(description=_("Payment"))
    def payment_link(self, notice: Notice) -> SafeString | str:
        return link("payments_payment", notice.payment_id, notice.payment.reference)

    @display(description=_("Amount"))
    def money(self, notice: Notice) -> str:
        return money(notice.money)

    @display(description=_("What it says"))
    def said_label(self, notice: Notice) -> SafeString | str:
        return pill("charge", notice.said)

    @display(description=_("Outcome"))
    def state_label(self, notice: Notice) -> SafeString | str:
        return pill("notice", notice.state)

    @display(description=_("ID"))
    def own_key(self, notice: Notice) -> str:
        return ids.encode("ntc", notice.pk)

    @display(description=_("Why"))
    def reason_shown(self, notice: Notice) -> str:
        return why(notice)

    @display(description=_("Our own question"))
    def asked_shown(self, notice: Notice) -> SafeString | str:
        return yes(holds=notice.asked)

    @display(description=_("Body, masked"))
    def body_masked(self, notice: Notice) -> SafeString | str:
        try:
            body = notices.body_of(notice).decode("utf-8", "replace")
        except Unreadable:
            return gettext("erased")
        return table((_("Field"), _("Value")), masked(body))


def masked(body: str) -> list[tuple[str, str]]:
    """The fields of a form, those about a person by their length only."""
    pairs = parse_qsl(body, keep_blank_values=True, max_num_fields=None)
    if not pairs:
        return [(gettext("Not a form"), gettext("{n} bytes").format(n=len(body)))]
    return [(name, value if name in _SHOWN else f"•••• ({len(value)})") for name, value in pairs]


@admin.register(UnverifiedNotice)
class UnverifiedNoticeAdmin(Reading):
    """A sample of what was refused because it could not be proved."""

    list_display = ("received_at", "account", "payment_shown", "why_shown", "size")
    list_select_related = ("account",)
    search_help_text = _("pay_…")
    fields = readonly_fields = ("received_at", "account", "payment_shown", "why_shown", "size")

    def find(self, queryset: QuerySet[Any], term: str) -> QuerySet[Any]:
        return (
            queryset.filter(payment_id=ids.decode("pay", term))
            if term.startswith("pay_")
            else queryset.none()
        )

    @display(description=_("Payment"))
    def payment_shown(self, notice: UnverifiedNotice) -> SafeString | str:
        if notice.payment_id is None:
            return "—"
        return link("payments_payment", notice.payment_id, ids.encode("pay", notice.payment_id))

    @display(description=_("Why"))
    def why_shown(self, notice: UnverifiedNotice) -> str:
        return gettext(notice.why) if notice.why else "—"
