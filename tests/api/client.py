"""A client of the API, as a developer's program is one."""

import json
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from django.test import Client

from kernel.actors import SYSTEM
from merchants.models import Merchant
from merchants.scopes import Scope
from merchants.services import api_keys

BASE = "/api/v1"


@dataclass(frozen=True)
class Api:
    """Calls with one key."""

    key: str
    merchant: Merchant

    def get(self, path: str, **query: Any) -> Any:
        return self.call("GET", path, query=query)

    def post(self, path: str, body: Any = None, *, idem: str | None = None, **headers: str) -> Any:
        """With a new Idempotency-Key, unless one is given; an empty one sends none."""
        idem = str(uuid4()) if idem is None else idem
        return self.call("POST", path, body={} if body is None else body, idem=idem, **headers)

    def patch(self, path: str, body: Any, **headers: str) -> Any:
        return self.call("PATCH", path, body=body, **headers)

    def call(
        self, method: str, path: str, *, body: Any = None, query: Any = None, idem: str = "", **headers: str
    ) -> Any:
        raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        return self.send(method, path, raw, query=query, idem=idem, **headers)

    def send(
        self, method: str, path: str, raw: bytes, *, query: Any = None, idem: str = "", **headers: str
    ) -> Any:
        sent = {"HTTP_AUTHORIZATION": f"Bearer {self.key}", "HTTP_ACCEPT_LANGUAGE": "en"}
        if idem:
            sent["HTTP_IDEMPOTENCY_KEY"] = idem
        sent |= {name.upper(): value for name, value in headers.items()}
        kind = sent.pop("CONTENT_TYPE", "application/json")
        client = Client(raise_request_exception=False)
        return client.generic(
            method, BASE + path, raw, kind if raw else "", query_params=query or {}, headers=None, **sent
        )


def api_of(merchant: Merchant, *scopes: Scope) -> Api:
    """A new key of the merchant: with all scopes, unless some are named."""
    _, text = api_keys.create(merchant, "test", scopes or tuple(Scope), actor=SYSTEM)
    return Api(text, merchant)
