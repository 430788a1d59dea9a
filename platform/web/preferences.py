"""Language and theme: a link chooses (`?lang=`, `?theme=`), a cookie remembers, the browser is asked last."""

from collections.abc import Mapping

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.utils import translation
from django.utils.translation.trans_real import parse_accept_lang_header

LANGUAGE_COOKIE, THEME_COOKIE = "lang", "theme"
THEMES = ("auto", "light", "dark")
TAGS: Mapping[str, str] = {"zh-hans": "zh-CN", "en": "en"}
_COOKIE_SECONDS = 365 * 86_400


def language(request: HttpRequest) -> str:
    """The language to answer in. The one in the link is the latest choice, so it wins."""
    for wanted in (request.GET.get("lang"), request.COOKIES.get(LANGUAGE_COOKIE)):
        known = _known(wanted or "")
        if known:
            return known
    for wanted, _ in parse_accept_lang_header(request.META.get("HTTP_ACCEPT_LANGUAGE", "")[:500]):
        known = _known(wanted)
        if known:
            return known
    return settings.LANGUAGE_CODE


def theme(request: HttpRequest) -> str:
    """The theme to show: auto, light or dark."""
    for wanted in (request.GET.get("theme"), request.COOKIES.get(THEME_COOKIE)):
        if wanted in THEMES:
            return wanted
    return THEMES[0]


def remember(request: HttpRequest, response: HttpResponseBase) -> None:
    """Keep what a link chose, for a year."""
    chosen = _known(request.GET.get("lang", ""))
    if chosen:
        _keep(request, response, LANGUAGE_COOKIE, chosen)
    if request.GET.get("theme") in THEMES:
        _keep(request, response, THEME_COOKIE, theme(request))


def keep_language(request: HttpRequest, response: HttpResponseBase, language: str) -> None:
    """Keep a language that was chosen elsewhere than by a link, for a year."""
    _keep(request, response, LANGUAGE_COOKIE, language)


def tag() -> str:
    """The language in force as an HTML language tag."""
    return TAGS.get(translation.get_language() or "", "zh-CN")


def _keep(request: HttpRequest, response: HttpResponseBase, name: str, value: str) -> None:
    response.set_cookie(
        name, value, max_age=_COOKIE_SECONDS, secure=request.is_secure(), httponly=True, samesite="Lax"
    )


def _known(wanted: str) -> str:
    """Our language for a tag such as `zh-CN`, `zh_TW` or `en-GB`; empty when we have none."""
    main = wanted.replace("_", "-").lower().partition("-")[0]
    return {"zh": "zh-hans", "en": "en"}.get(main, "")
