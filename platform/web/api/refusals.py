"""Every refusal of the API as problem+json, also those that Django REST Framework makes itself."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.http import Http404, HttpResponse
from rest_framework import exceptions
from rest_framework.request import Request

from kernel.errors import Forbidden, Invalid, NotFound, Problem
from web import problems
from web.middleware import BodyTooLarge
from web.pages.errors import BadRequest

from . import errors

WHOLE = "body"
"""The name under which errors of no single field are told."""


def handle(exc: Exception, context: Mapping[str, Any]) -> HttpResponse | None:
    """The answer to a refusal; None for what is none, which Django then answers with 500."""
    request: Request = context["request"]
    problem = problem_of(exc, method=request.method or "")
    if problem is None:
        return None
    response = problems.render(request._request, problem)
    if isinstance(exc, exceptions.MethodNotAllowed):
        response.headers["Allow"] = ", ".join(context["view"].allowed_methods)
    if problem.status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


def problem_of(exc: Exception, *, method: str = "") -> Problem | None:
    """An exception as a Problem; None for a mistake of ours. `method` is what the request asked for."""
    match exc:
        case Problem():
            return exc
        case exceptions.ValidationError():
            return Invalid(errors=flat(exc.detail))
        case exceptions.MethodNotAllowed():
            return errors.WrongMethod(method=method)
        case exceptions.UnsupportedMediaType():
            return errors.WrongMediaType()
        case exceptions.NotAuthenticated() | exceptions.AuthenticationFailed():
            return errors.KeyMissing()
        case RequestDataTooBig():
            return BodyTooLarge()
        case Http404() | exceptions.NotFound():
            return NotFound()
        case PermissionDenied() | exceptions.PermissionDenied():
            return Forbidden()
        case exceptions.APIException() if exc.status_code < 500:
            return BadRequest()
    return None


def flat(detail: Any, at: str = "") -> dict[str, list[str]]:
    """Errors by the path of their field: `tiers.0.from_quantity`."""
    if isinstance(detail, Mapping):
        found: dict[str, list[str]] = {}
        for name, value in detail.items():
            own = at if name == "non_field_errors" else f"{at}.{name}" if at else str(name)
            found |= flat(value, own)
        return found
    if isinstance(detail, list | tuple):
        if all(isinstance(each, str) for each in detail):
            return {at or WHOLE: [str(each) for each in detail]} if detail else {}
        found = {}
        for place, value in enumerate(detail):
            found |= flat(value, f"{at}.{place}" if at else str(place))
        return found
    return {at or WHOLE: [str(detail)]}
