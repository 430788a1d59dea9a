"""A Problem as its caller reads it: a page for a person, problem+json (RFC 9457) for a program."""

import json
from typing import Any

import structlog
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.translation import get_language, gettext

from kernel.errors import Problem
from kernel.money import Money

from . import incidents

_log = structlog.get_logger(__name__)
_JSON = "application/problem+json"


def render(request: HttpRequest, problem: Problem) -> HttpResponse:
    """The answer to `problem`, in the form and the language of the caller."""
    if problem.status >= 500:
        _log.error("problem", code=problem.code, status=problem.status)
    response = _as_json(request, problem) if wants_json(request) else _as_page(request, problem)
    seconds = problem.context.get("seconds")
    if problem.status == 429 and isinstance(seconds, int):
        response.headers["Retry-After"] = str(seconds)
    response.headers["Cache-Control"] = "no-store"
    return response


def wants_json(request: HttpRequest) -> bool:
    """Whether the caller is a program: it calls the API, or asks for JSON and not for a page."""
    if request.path_info.startswith("/api/"):
        return True
    accept = request.META.get("HTTP_ACCEPT", "")
    return "json" in accept and "text/html" not in accept


def title(problem: Problem) -> str:
    """What happened, in the language in force."""
    facts = {name: _said(name, value) for name, value in problem.context.items()}
    return gettext(problem.title).format_map(_Places(facts))


def advice(problem: Problem) -> str:
    """Whether money is safe and what to do, in the language in force."""
    return gettext(problem.advice)


def _as_json(request: HttpRequest, problem: Problem) -> HttpResponse:
    body: dict[str, Any] = {
        "type": f"urn:keyway:problem:{problem.code}",
        "title": title(problem),
        "status": problem.status,
        "detail": advice(problem),
        "code": problem.code,
        "instance": f"urn:keyway:incident:{incidents.of(request)}",
    }
    if "errors" in problem.context:
        said = problem.context["errors"].items()
        body["errors"] = {
            field: [gettext(str(each)) for each in each_said if each] for field, each_said in said
        }
    text = json.dumps(body, ensure_ascii=False, default=str)
    return HttpResponse(text, status=problem.status, content_type=_JSON)


def _as_page(request: HttpRequest, problem: Problem) -> HttpResponse:
    facts = {
        "status": problem.status,
        "title": title(problem),
        "advice": advice(problem),
        "incident": incidents.of(request),
    }
    return HttpResponse(render_to_string("errors/problem.html", facts, request), status=problem.status)


def _said(name: str, value: Any) -> Any:
    if isinstance(value, Money):
        return value.format(get_language() or "en")
    if name == "why" and isinstance(value, str) and value:
        return gettext(value)
    return value


class _Places(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return "…"
