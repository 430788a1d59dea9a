"""The first page of the back office, and what every page of it knows."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from payments.admin.alert import words_of
from payments.metrics import CHANNEL_SUCCESS
from payments.services.accounts import method_named
from payments.subscriptions.metrics import MRR

from . import channels, look, today


def show(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Unfold's dashboard: the figures, for whoever may see orders."""
    if not request.user.has_perm("payments.view_order"):
        return context
    figures = today.read()
    return {
        **context,
        "title": gettext("Today"),
        "today": figures,
        "rates": list(zip(figures.trade.rates, figures.last_week.rates, strict=True)),
        "alerts": [(alert, words_of(alert)) for alert in figures.alerts],
        "channels": [(gettext(each.name), each.rate) for each in channels.read()],
        "channels_metric": CHANNEL_SUCCESS,
        "recurring": figures.recurring,
        "recurring_metric": MRR,
        "methods": [(_method(each.method), each) for each in figures.methods],
    }


def sidebar(request: HttpRequest) -> list[dict[str, Any]]:
    """Unfold's navigation, with the numbers of what waits for those who may see it."""
    waiting = today.waiting() if request.user.has_perm("payments.view_order") else None
    return [
        {**group, "items": [_counted(item, waiting) for item in group["items"]]} for group in look.SIDEBAR
    ]


def _counted(item: dict[str, Any], waiting: today.Waiting | None) -> dict[str, Any]:
    count = getattr(waiting, item["waits"], 0) if "waits" in item else 0
    return {**item, "badge": str(count) if count < 100 else "99+"} if count else item


def environment(_request: HttpRequest) -> list[str] | None:
    """A mark at the top wherever this is not production."""
    if settings.KEYWAY_STAGE == "production":
        return None
    return [gettext("Development"), "warning"]


def account_links(_request: HttpRequest) -> list[dict[str, Any]]:
    """What stands under the operator's own name."""
    chinese = (get_language() or "").startswith("zh")
    return [
        {"title": _("Password and second factor"), "link": "/account/security/", "icon": "security"},
        {
            "title": "English" if chinese else "简体中文",
            "link": "?lang=en" if chinese else "?lang=zh",
            "icon": "translate",
        },
    ]


def _method(code: str) -> str:
    known = method_named(code)
    return gettext(known.label) if known else code
