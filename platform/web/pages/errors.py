"""The answers to what Django itself refuses: 400, 403, 404, 500, and a form without its token."""

import structlog
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, HttpResponseServerError
from django.utils.translation import gettext as _

from kernel.errors import Forbidden, NotFound, Problem, said
from web import incidents, problems

_log = structlog.get_logger(__name__)


class BadRequest(Problem):
    """The request itself makes no sense."""

    code, status, title = "bad_request", 400, said("This request cannot be understood.")
    advice = said("Nothing was changed. Go back and try again.")


class FormExpired(Problem):
    """The form's token is missing or old."""

    code, status, title = "form_expired", 403, said("This form is no longer valid.")
    advice = said("Nothing was changed and nothing was charged. Go back, reload the page and send it again.")


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400: what Django calls suspicious. Who asks under a foreign name meets no page and no number."""
    if isinstance(exception, DisallowedHost):
        text = _("This server does not answer under that name.")
        return HttpResponseBadRequest(text, content_type="text/plain; charset=utf-8")
    return problems.render(request, BadRequest())


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001 - Django's
    """403."""
    return problems.render(request, Forbidden())


def form_expired(request: HttpRequest, reason: str = "") -> HttpResponse:  # noqa: ARG001 - Django's
    """403 for a form without the pair of cookie and token."""
    return problems.render(request, FormExpired())


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001 - Django's
    """404."""
    return problems.render(request, NotFound())


def broken(request: HttpRequest) -> HttpResponse:
    """500. Must work when almost nothing else does, so it has a plain form to fall back on."""
    # Django calls this while the exception is being handled; the trace goes to the log, never to the page.
    _log.error("broken", exc_info=True)
    try:
        return problems.render(request, Problem())
    except Exception:
        text = f"{_('Something went wrong on our side.')} {incidents.of(request)}"
        return HttpResponseServerError(text, content_type="text/plain; charset=utf-8")
