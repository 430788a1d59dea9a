"""Two addresses for whoever runs the processes: does it live, and can it serve."""

from collections.abc import Callable

from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase


class Health:
    """Answers before everything else: a probe has no host name, no TLS and no session.

    `/healthz`: the process answers. `/readyz`: its database answers too; 503 otherwise.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path_info == "/healthz":
            return _said(200, "alive")
        if request.path_info == "/readyz":
            return _said(200, "ready") if _database_answers() else _said(503, "no database")
        return self.get_response(request)


def _said(status: int, text: str) -> HttpResponse:
    return HttpResponse(
        f"{text}\n", status=status, content_type="text/plain", headers={"Cache-Control": "no-store"}
    )


def _database_answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return False
    return True
