"""Answers of the API, as bytes."""

from typing import Any

import orjson
from django.http import HttpResponse


def answer(data: Any, *, status: int = 200) -> HttpResponse:
    """`data` as JSON. Nothing may keep it: it is one merchant's."""
    response = HttpResponse(orjson.dumps(data), status=status, content_type="application/json")
    response.headers["Cache-Control"] = "no-store"
    return response
