"""How the back office looks: Unfold's settings. Read by the settings, so nothing here touches a model."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _


def _may(permission: str) -> Callable[[HttpRequest], bool]:
    return lambda request: bool(request.user.has_perm(permission))


def _page(title: Any, icon: str, model: str, query: str = "", **more: Any) -> dict[str, Any]:
    """An entry of the sidebar: the list of a model, for whoever may see it. `waits`: how many, if any."""
    app, _dot, name = model.partition(".")
    address = reverse_lazy(f"admin:{app}_{name}_changelist")
    return {
        "title": title,
        "icon": icon,
        "link": (lambda _request: f"{address}?{query}") if query else address,
        "permission": _may(f"{app}.view_{name}"),
        **more,
    }


SIDEBAR: list[dict[str, Any]] = [
    {
        "items": [
            {"title": _("Today"), "icon": "today", "link": reverse_lazy("admin:index")},
            _page(
                _("Alerts"),
                "notifications",
                "payments.alert",
                waits="alerts",
                badge_variant="danger",
            ),
            _page(
                *(_("Review queue"), "gpp_maybe", "payments.order", "fulfilment=held"),
                waits="held",
                badge_variant="warning",
                active=lambda request: request.GET.get("fulfilment") == "held",
            ),
        ],
    },
    {
        "title": _("Trade"),
        "separator": True,
        "items": [
            _page(
                *(_("Orders"), "receipt_long", "payments.order"),
                active=lambda request: "/payments/order/" in request.path and "fulfilment" not in request.GET,
            ),
            _page(_("Payments"), "payments", "payments.payment"),
            _page(
                *(_("Notices"), "mark_email_read", "payments.notice"),
                waits="notices",
                badge_variant="warning",
            ),
            _page(_("Unverified notices"), "report", "payments.unverifiednotice"),
            _page(
                *(_("Refunds"), "undo", "payments.refund"),
                waits="refunds",
                badge_variant="warning",
            ),
            _page(_("Disputes"), "gavel", "payments.dispute"),
        ],
    },
    {
        "title": _("Memberships"),
        "separator": True,
        "items": [
            _page(_("Subscriptions"), "autorenew", "subscriptions.subscription"),
            _page(_("Invoices"), "request_quote", "subscriptions.invoice"),
            _page(_("Mandates"), "credit_card", "subscriptions.mandate"),
            _page(_("Billing rules"), "event_repeat", "subscriptions.policy"),
            _page(_("Plans"), "loyalty", "merchants.plan"),
            _page(_("Entitlements"), "badge", "merchants.entitlement"),
        ],
    },
    {
        "title": _("Merchants"),
        "separator": True,
        "items": [
            _page(_("Merchants"), "storefront", "merchants.merchant"),
            _page(_("Stores"), "shopping_bag", "merchants.store"),
            _page(_("Products"), "inventory_2", "merchants.product"),
            _page(_("Coupons"), "sell", "merchants.coupon"),
            _page(_("Uses of coupons"), "confirmation_number", "merchants.couponuse"),
            _page(_("Stock batches"), "upload_file", "merchants.stockbatch"),
            _page(_("Channel accounts"), "account_balance_wallet", "payments.channelaccount"),
            _page(_("Licences"), "verified", "merchants.licence"),
        ],
    },
    {
        "title": _("Risk"),
        "separator": True,
        "items": [
            _page(_("Decisions"), "policy", "risk.decision"),
            _page(_("Velocity limits"), "speed", "risk.limit"),
            _page(_("Block and allow lists"), "block", "risk.listentry"),
            _page(_("Fall-back policies"), "rule", "risk.policy"),
        ],
    },
    {
        "title": _("Money"),
        "separator": True,
        "items": [
            _page(_("Ledger accounts"), "account_balance", "ledger.account"),
            _page(_("Ledger transactions"), "menu_book", "ledger.transaction"),
            _page(_("Fee plans"), "percent", "settlement.feeplanversion"),
        ],
    },
    {
        "title": _("Settlement"),
        "separator": True,
        "items": [
            _page(
                *(_("Payouts"), "outbound", "settlement.payout"),
                waits="payouts",
                badge_variant="warning",
            ),
            _page(_("Statements"), "request_quote", "settlement.statement"),
            _page(
                *(_("Bank accounts"), "account_balance", "settlement.bankaccount"),
                waits="bank_accounts",
                badge_variant="warning",
            ),
            _page(_("Settlement schedules"), "event_repeat", "settlement.schedule"),
            _page(_("Exchange rates"), "currency_exchange", "settlement.exchangerate"),
        ],
    },
    {
        "title": _("Audit and system"),
        "separator": True,
        "items": [
            _page(_("Audit trail"), "history", "audit.auditrow"),
            _page(_("People"), "group", "merchants.user"),
            _page(_("Events"), "bolt", "outbox.event"),
            _page(
                *(_("Parked events"), "pause_presentation", "outbox.parked"),
                waits="events_dead",
                badge_variant="danger",
            ),
            _page(_("Webhook endpoints"), "webhook", "webhooks.endpoint"),
            _page(_("Webhook deliveries"), "outbox", "webhooks.delivery"),
            _page(_("Schedules"), "schedule", "django_celery_beat.periodictask"),
        ],
    },
]

# The indigo of the other faces, so that the back office is of the same house.
_INDIGO = {
    "50": "#f3f2fd",
    "100": "#e8e6fb",
    "200": "#d2cff7",
    "300": "#b6b1f3",
    "400": "#938bec",
    "500": "#6f66df",
    "600": "#4038b8",
    "700": "#362f9c",
    "800": "#2c277f",
    "900": "#231f64",
    "950": "#16133f",
}

UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "Keyway",
    "SITE_HEADER": "Keyway",
    "SITE_SUBHEADER": _("Back office"),
    "SITE_SYMBOL": "key",
    "SITE_URL": "/",
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": lambda _request: static("favicon.svg")},
    ],
    "STYLES": [lambda _request: static("css/operators.css")],
    "SHOW_HISTORY": False,  # the audit trail stands on every page
    "SHOW_VIEW_ON_SITE": False,
    "SHOW_BACK_BUTTON": True,
    "ENVIRONMENT": "keyway.operators.home.environment",
    "DASHBOARD_CALLBACK": "keyway.operators.home.show",
    "COLORS": {"primary": _INDIGO},
    "BORDER_RADIUS": "6px",
    "ACCOUNT": {"navigation": "keyway.operators.home.account_links"},
    "COMMAND": {"search_models": False, "search_callback": "keyway.operators.finding.find"},
    "SIDEBAR": {"show_search": False, "command_search": True, "navigation": "keyway.operators.home.sidebar"},
}
