"""How many wrong passwords are borne before a pause, and for whom the pause holds. Axes calls these.

Ten failures within a quarter of an hour: of an address whatever the account, and of an account whatever the
address. A browser that the account's owner has used before is judged by its own failures only, so that nobody
can be kept out by a stranger's tries. Failures during a pause do not lengthen it.
"""

from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse

from kernel.errors import Problem, said
from web import problems

from . import familiar

FAILURES = 10
PAUSE = timedelta(minutes=15)

_STRANGER: list[str | list[str]] = ["ip_address", "username"]
_OWNER: list[str | list[str]] = [["username", "ip_address"]]


class TooManyTries(Problem):
    """The pause is on; the same answer whether or not the account exists."""

    code, status, title = (
        "sign_in.too_many_tries",
        429,
        said("Too many tries. Please wait a quarter of an hour."),
    )
    advice = said("Your account is safe. A browser you have signed in with before is not affected by others.")


def username(request: HttpRequest, credentials: dict[str, Any] | None) -> str:
    """Whose account is tried: the e-mail in lower case, as accounts keep it."""
    tried = (credentials or {}).get("email") or request.POST.get("login", "")
    return str(tried).strip().lower()


def client_address(request: HttpRequest) -> str:
    """The client's address, as the trusted proxies say."""
    return str(request.META.get("REMOTE_ADDR", ""))


def parameters(attempt: Any, credentials: dict[str, Any] | None = None) -> list[str | list[str]]:
    """By what failures are counted together for this try."""
    if isinstance(attempt, HttpRequest) and familiar.knows(attempt, username(attempt, credentials)):
        return _OWNER
    return _STRANGER


def paused(request: HttpRequest, *_: Any) -> HttpResponse:
    """The answer while the pause is on."""
    return problems.render(request, TooManyTries(seconds=int(PAUSE.total_seconds())))
