"""A WSGI application that says who it thinks is asking; the path names the header that the proxy writes."""

from collections.abc import Callable
from typing import Any

from django.conf import settings

from web import hops

settings.configure(KEYWAY_TRUSTED_PROXIES=("127.0.0.1",), KEYWAY_FORWARDED=hops.FORWARDED)


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
    """The client's address and scheme, after the hops were settled."""
    settings.KEYWAY_FORWARDED = environ["PATH_INFO"].strip("/")
    hops.settle(environ)
    start_response("200 OK", [("Content-Type", "text/plain")])
    said = f"{environ['REMOTE_ADDR']} {environ.get('HTTP_X_FORWARDED_PROTO', '')}"
    return [said.strip().encode()]
