"""What happens to every request on its way in and to every answer on its way out."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.csrf import CsrfViewMiddleware
from django.utils import translation
from django.utils.cache import patch_vary_headers
from structlog import contextvars

from kernel.errors import NotFound, Problem, said

from . import hops, incidents, policies, preferences, problems

Next = Callable[[HttpRequest], HttpResponseBase]

_PERMISSIONS = "accelerometer=(), camera=(), geolocation=(), gyroscope=(), microphone=(), usb=()"
_PRIVATE_PREFIXES = ("/m/", "/my/", "/ops/", "/account/")
# Only members send files, behind the sign-in; their own handler bounds those. Every other form is small.
_BODY_MOST = 1024 * 1024
_FILES_PREFIX = "/m/"
# The API bounds each body by its own address, after it knows who sends it (web.api.parsing).
_API_PREFIX, _API_BODY_MOST = "/api/", 16 * 1024 * 1024


class BodyTooLarge(Problem):
    """More was sent than any form of that address holds."""

    code, status, title = "web.body_too_large", 413, said("That is more than this page takes.")
    advice = said("Nothing was changed.")


class Envelope:
    """First of all: whose request this is, its number in every log line, and the headers of every answer."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        hops.settle(request.META)
        contextvars.clear_contextvars()
        with contextvars.bound_contextvars(incident=incidents.of(request)):
            response = self.get_response(request)
        headers = response.headers
        headers["X-Request-Id"] = incidents.of(request)
        headers.setdefault("Content-Security-Policy", policies.of(request.path_info))
        headers.setdefault("Permissions-Policy", _PERMISSIONS)
        if request.path_info.startswith(_PRIVATE_PREFIXES):
            headers.setdefault("Cache-Control", "no-store")
            headers.setdefault("X-Robots-Tag", "noindex")
        return response


class Preferences:
    """Answers in the caller's language, and remembers what a link chose."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        language = preferences.language(request)
        translation.activate(language)
        # Django's own pages and the admin read it from here.
        request.LANGUAGE_CODE = language
        response = self.get_response(request)
        headers = response.headers
        headers.setdefault("Content-Language", preferences.TAGS[language])
        patch_vary_headers(response, ("Accept-Language", "Cookie"))
        if request.GET and not request.path_info.startswith(_API_PREFIX):
            preferences.remember(request, response)
        return response


class Admission:
    """Refuses what no address of ours takes, before anything is read or looked up."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        path = request.path_info
        if "\x00" in path:
            # No name of ours holds one, and PostgreSQL would break down over it.
            return problems.render(request, NotFound())
        sent = request.META.get("CONTENT_LENGTH")
        most = _API_BODY_MOST if path.startswith(_API_PREFIX) else _BODY_MOST
        if sent and not path.startswith(_FILES_PREFIX) and (not sent.isdecimal() or int(sent) > most):
            return problems.render(request, BodyTooLarge())
        return self.get_response(request)


class Problems:
    """Turns a Problem that a view raises into its page or its problem+json."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """The answer to a refusal; what is no Problem goes on to Django."""
        if isinstance(exception, Problem):
            return problems.render(request, exception)
        return None


class Csrf(CsrfViewMiddleware):
    """Django's protection, also for pages under `Referrer-Policy: no-referrer`.

    Forms of such pages are sent with `Origin: null`. The browser's own Sec-Fetch-Site tells them from a
    foreign page's; one too old to send it is still held to the pair of cookie and form token.
    """

    def _origin_verified(self, request: HttpRequest) -> bool:
        if request.META.get("HTTP_ORIGIN") == "null":
            site: str = request.META.get("HTTP_SEC_FETCH_SITE", "same-origin")
            return site == "same-origin"
        return bool(super()._origin_verified(request))  # type: ignore[misc]
