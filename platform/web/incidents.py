"""The number of a request: in its log lines, in its answer, and on an error page for the person to name."""

import base64
import os

from django.http import HttpRequest

_KEY = "keyway.incident"


def of(request: HttpRequest) -> str:
    """The number of this request, sixteen letters and digits; made when first asked for."""
    number = request.META.get(_KEY)
    if number is None:
        number = request.META[_KEY] = base64.b32encode(os.urandom(10)).decode()
    return str(number)
