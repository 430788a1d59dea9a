"""Knowing who calls: a key in the header Authorization, and nowhere else."""

import re

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from web.api.caller import Caller
from web.api.errors import KeyInAddress, KeyMissing, KeyUnknown

from ..services import api_keys

_IN_ADDRESS = re.compile(r"kw_(?:live|test)_", re.ASCII)


class ApiKeys(BaseAuthentication):
    """`Authorization: Bearer kw_test_…`."""

    def authenticate(self, request: Request) -> tuple[Caller, None] | None:
        """The caller, or None without a header. Raises KeyInAddress, KeyMissing, KeyUnknown, KeyExpired."""
        if _IN_ADDRESS.search(request.META.get("QUERY_STRING", "")):
            raise KeyInAddress
        header = request.META.get("HTTP_AUTHORIZATION", "")
        if not header:
            return None
        scheme, _, text = header.partition(" ")
        if scheme.lower() != "bearer":
            raise KeyMissing
        text = text.strip()
        if not text.isascii():
            raise KeyUnknown
        return api_keys.caller(text), None

    def authenticate_header(self, request: Request) -> str:  # noqa: ARG002 - Django REST Framework's
        """What a 401 asks for."""
        return "Bearer"


class Documented(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How keys stand in the documents."""

    target_class = ApiKeys
    name = "ApiKey"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:  # noqa: ARG002
        """A bearer token."""
        return {
            "type": "http",
            "scheme": "bearer",
            "description": "`kw_test_…` for the sandbox, `kw_live_…` for real money. Made in the dashboard.",
        }
