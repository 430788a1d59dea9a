"""Notices: what channels told us, with their bodies masked, and what was refused."""

from typing import Any
from urllib.parse import parse_qsl

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.enums import ActionVariant

from kernel import ids
from kernel.actors import Actor
from merchants.admin.trails import trail_of
from vault.errors import Unreadable
from web.backoffice import Reading, SimpleListFilter, by, deed, display, link, money, pill, table, yes
from web.vocabulary import word

from ..models import Notice, UnverifiedNotice
from ..notice_reasons import REASONS, outcome, subject
from ..services import notices, replays
from ..states import NoticeState

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


class NeedsALook(SimpleListFilter):
    """Those that a person should look at: what does not fit, and what could not be applied."""

    title, parameter_name = _("standing"), "look"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("bad", _("Needs a look"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() != "bad":
            return queryset
        return queryset.filter(state__in=[NoticeState.REFUSED, NoticeState.RECEIVED])


@admin.register(Notice)
class NoticeAdmin(Reading):
    """Genuine notices and what became of them; one that did not fit is judged again here."""

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
    actions_detail = ("replay",)
    list_filter = (
        NeedsALook,
        by("state", "notice", _("outcome")),
        by("said", "charge", _("what it says")),
        by("account__book", "book", _("book")),
        "asked",
    )
    search_help_text = _("ntc_…, pay_… or the channel's number of the payment")
    fields = readonly_fields = (
        *("own_key", "key", "received_at", "account", "payment_link", "said_label", "money", "channel_txn"),
        *("occurred_at", "state_label", "reason_shown", "asked_shown", "tries", "body_masked"),
        "trail",
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
        return pill("notice_about", subject(notice.said, notice.reason))

    @display(description=_("Outcome"))
    def state_label(self, notice: Notice) -> SafeString | str:
        return pill("notice_outcome", outcome(notice.state, notice.reason))

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

    @display(description=_("Deeds"))
    def trail(self, notice: Notice) -> SafeString:
        return trail_of(notice.pk)

    @deed(
        _("Judge again"),
        permission="payments.change_notice",
        icon="replay",
        variant=ActionVariant.PRIMARY,
        says=_(
            "The kept message is judged once more, as when it came: amount, currency, payment and number must"
            " fit. If they do, the payment is confirmed and the order served; if not, nothing changes. It can"
            " never count twice."
        ),
        fits=replays.is_due,
    )
    def replay(self, actor: Actor, notice: Notice, *, reason: str) -> str:
        judged = replays.judge(notice, actor=actor, reason=reason)
        known = gettext(word("notice", judged.state).text)
        return gettext("The notice was judged again: %(outcome)s.") % {"outcome": known}


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
