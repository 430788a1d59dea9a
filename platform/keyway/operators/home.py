"""The first page of the back office, and what every page of it knows."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from payments.admin.alert import words_of
from payments.services.accounts import method_named

from . import today


def show(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Unfold's dashboard: the figures, for whoever may see orders."""
    if not request.user.has_perm("payments.view_order"):
        return context
    figures = today.read()
    return {
        **context,
        "title": gettext("Today"),
        "today": figures,
        "alerts": [(alert, words_of(alert)) for alert in figures.alerts],
        "methods": [(_method(each.method), each) for each in figures.methods],
    }


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
