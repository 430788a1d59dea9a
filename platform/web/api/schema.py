"""OpenAPI: what every operation has in common, said once."""

import re
from collections.abc import Mapping
from typing import Any

from drf_spectacular.openapi import AutoSchema

from .fields import MONEY_SCHEMA
from .idempotency import HEADER, REPLAYED
from .prose import CHAPTERS, INTRODUCTION

_JSON, _PROBLEM = "application/json", "application/problem+json"
_WRITES = {"post", "patch"}

_REFUSALS: Mapping[str, str] = {
    "400": "What was sent is wrong: a field, a parameter, the body as a whole. Nothing was changed.",
    "401": "No key, or not a valid one.",
    "403": "The key lacks the scope, or the order was refused.",
    "404": "There is no such object at the address, or by an id in the body; or it is not yours.",
    "409": "It cannot be done as things stand, or the Idempotency-Key is in use. `code` says which.",
    "413": "The body is too large.",
    "415": "The body is not JSON.",
    "422": "The buyer has not agreed to what was asked for.",
    "429": "Too many requests. Wait as many seconds as Retry-After says.",
    "500": "A mistake on our side. Ask again under the same Idempotency-Key.",
}
_NAMES = {
    "400": "Invalid",
    "401": "Unauthorized",
    "403": "Forbidden",
    "404": "NotFound",
    "409": "Conflict",
    "413": "TooLarge",
    "415": "NotJson",
    "422": "NotAgreed",
    "429": "TooMany",
    "500": "Broken",
}
_EXAMPLES: Mapping[str, dict[str, Any]] = {
    "400": {"code": "invalid", "title": "Some fields need another look.", "errors": {"quantity": ["…"]}},
    "401": {"code": "api.key_unknown", "title": "This is not a valid API key."},
    "403": {
        "code": "api.scope_missing",
        "title": "This API key may not do this: it lacks orders:write.",
    },
    "404": {"code": "not_found", "title": "There is nothing here."},
    "409": {"code": "merchants.out_of_stock", "title": "Only 2 left in stock."},
    "413": {"code": "web.body_too_large", "title": "That is more than this page takes."},
    "415": {"code": "api.media_type", "title": "The body must be application/json."},
    "422": {"code": "subscriptions.consent_missing", "title": "Please agree to the later charges first."},
    "429": {"code": "api.too_many_requests", "title": "Too many requests: wait 20 seconds."},
    "500": {"code": "internal", "title": "Something went wrong on our side."},
}

PROBLEM = {
    "type": "object",
    "description": "A refusal (RFC 9457). `code` is stable and for programs; the rest is for people, in the "
    "language of Accept-Language.",
    "required": ["type", "title", "status", "detail", "code", "instance"],
    "properties": {
        "type": {"type": "string", "format": "uri", "example": "urn:keyway:problem:invalid"},
        "title": {"type": "string", "description": "What happened."},
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "detail": {"type": "string", "description": "Whether money is safe, and what to do."},
        "code": {"type": "string", "description": "Stable; decide by this.", "example": "invalid"},
        "instance": {
            "type": "string",
            "description": "The number of this request; name it when you ask us.",
            "example": "urn:keyway:incident:MFRGGZDFMZTWQ2LK",
        },
        "errors": {
            "type": "object",
            "description": "For `invalid`: sentences by field; `tiers.0.unit_price` is a field in a list.",
            "additionalProperties": {"type": "array", "items": {"type": "string"}},
        },
    },
}

KEY_PARAMETER = {
    "name": HEADER,
    "in": "header",
    "description": "Names this request for 24 hours. Sent again with the same key and content it is not done "
    "again: the first answer comes back, byte for byte, with the header `Idempotent-Replayed: true`. With "
    "other content it is refused (`idempotency.key_reused`), while the first still runs too "
    "(`idempotency.in_progress`). What was refused as invalid is not kept.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
    "example": "5f0c3f0e-7a3c-4a8e-9d0e-3d2d1c0b9a87",
}


class Schema(AutoSchema):
    """Names operations `orders_list`, `orders_create`, `orders_cancel` …"""

    view: Any

    def get_operation_id(self) -> str:
        """The endpoint's tag and the action."""
        name = getattr(self.view, "noun", self.view.tag)
        return f"{name}_{self.view.action}".replace("-", "_")

    def _get_serializer_name(self, *args: Any, **kwargs: Any) -> Any:
        """`Order` for OrderShown, `OrderRequest` for OrderAsked."""
        name = super()._get_serializer_name(*args, **kwargs)
        return name.replace("Shown", "").replace("Asked", "") if name else name

    def get_tags(self) -> list[str]:
        """One chapter an endpoint."""
        return [self.view.tag]

    def get_description(self) -> str:  # type: ignore[override]
        """The action's own words, and the scope that it needs."""
        scope = self.view.scopes.get(
            self.view.action, f"{self.view.tag}:{'read' if self.method == 'GET' else 'write'}"
        )
        return f"{super().get_description() or ''}\n\nScope: `{scope}`".strip()

    def get_operation(self, *args: Any, **kwargs: Any) -> Any:
        """The operation with what all have in common."""
        operation = super().get_operation(*args, **kwargs)
        if operation is None:
            return None
        if self.method.lower() in _WRITES:
            needed = self.view.action in self.view.asks_for_key
            operation.setdefault("parameters", []).append({**KEY_PARAMETER, "required": needed})
            _say_replay(operation)
        statuses = ["400", "401", "403", "429", "500"]
        if "{" in self.path or "requestBody" in operation:
            statuses.append("404")
        if self.method.lower() in _WRITES:
            statuses += ["409", "413", "415"]
        statuses += self.view.refusals.get(self.view.action, ())
        for status in sorted(statuses):
            operation["responses"].setdefault(status, {"$ref": f"#/components/responses/{_NAMES[status]}"})
        return operation


def complete(result: dict[str, Any], generator: Any, **_: Any) -> dict[str, Any]:  # noqa: ARG001 - the hook's
    """Add what no endpoint owns: problems, money, the words in front, webhooks."""
    components = result.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    schemas["Problem"], schemas["Money"] = PROBLEM, MONEY_SCHEMA
    components["responses"] = {_NAMES[status]: _refusal(status) for status in _NAMES}
    result["info"]["description"] = INTRODUCTION
    used = {tag for path in result["paths"].values() for one in path.values() for tag in one["tags"]}
    result["tags"] = [{"name": tag, "description": text} for tag, text in CHAPTERS.items() if tag in used]
    result["security"] = [{"ApiKey": []}]
    for path in result["paths"].values():
        for operation in path.values():
            _close(operation)
    if "Event" in schemas:
        result["webhooks"] = {"event": _webhook()}
    for name, schema in schemas.items():
        if name.endswith("Request") and schema.get("type") == "object":
            schema["additionalProperties"] = False
    return result


def _refusal(status: str) -> dict[str, Any]:
    body = {
        "type": f"urn:keyway:problem:{_EXAMPLES[status]['code']}",
        "status": int(status),
        "detail": "Nothing was changed.",
        "instance": "urn:keyway:incident:MFRGGZDFMZTWQ2LK",
        **_EXAMPLES[status],
    }
    said: dict[str, Any] = {
        "description": _REFUSALS[status],
        "content": {_PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}, "example": body}},
    }
    if status == "429":
        said["headers"] = {"Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer"}}}
    return said


def _say_replay(operation: dict[str, Any]) -> None:
    for status, response in operation["responses"].items():
        if status.startswith("2"):
            response.setdefault("headers", {})[REPLAYED] = {
                "description": "`true` where this is the kept answer to an earlier request.",
                "schema": {"type": "string", "enum": ["true"]},
            }


def _close(operation: dict[str, Any]) -> None:
    """Ids in addresses are TypeIDs of one kind."""
    for parameter in operation.get("parameters", []):
        if parameter["in"] == "path":
            parameter.setdefault("description", "The object's id.")
        schema = parameter.get("schema", {})
        if parameter["in"] == "query" and schema.get("type") == "string" and "enum" not in schema:
            schema.setdefault("minLength", 1)
    operation["description"] = re.sub(r"\n{3,}", "\n\n", operation.get("description", ""))


def _webhook() -> dict[str, Any]:
    headers = [
        (
            "webhook-id",
            "The event's id; the same for every try. Do nothing for one that you have seen.",
            "string",
        ),
        (
            "webhook-timestamp",
            "When this try was sent, in seconds since 1970. Refuse what is old.",
            "integer",
        ),
        ("webhook-signature", "`v1,` and base64 of HMAC-SHA256 over `id.timestamp.body`.", "string"),
    ]
    return {
        "post": {
            "summary": "An event is told to your endpoint",
            "description": "Standard Webhooks. Answer with 2xx within ten seconds; anything else is tried "
            "again, for days. At least once, and in order for each object.",
            "parameters": [
                {
                    "name": name,
                    "in": "header",
                    "required": True,
                    "description": text,
                    "schema": {"type": kind},
                }
                for name, text, kind in headers
            ],
            "requestBody": {
                "required": True,
                "content": {_JSON: {"schema": {"$ref": "#/components/schemas/Event"}}},
            },
            "responses": {"204": {"description": "Taken."}},
        }
    }
