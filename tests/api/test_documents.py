"""The documents of the API."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client

from keyway.urls import api as table
from webhooks import topics


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    answer = Client().get("/api/v1/openapi.json")
    assert answer.headers["Content-Type"] == "application/json"
    return json.loads(answer.content)


def operations(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {
        f"{method.upper()} {path}": operation
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }


def test_the_document_is_valid_and_made_without_a_warning(tmp_path: Path):
    call_command("spectacular", "--validate", "--fail-on-warn", "--file", str(tmp_path / "openapi.yaml"))


def test_it_is_openapi_3_1(document: dict[str, Any]):
    assert document["openapi"] == "3.1.0"


def test_every_address_stands_in_it(document: dict[str, Any]):
    routes = {
        f"{method.upper()} /api/v1/{str(entry.pattern).replace('<str:id>', '{id}')}"
        for entry in table.urlpatterns
        if hasattr(entry.callback, "actions")
        for method in entry.callback.actions
        if method != "head"
    }
    assert set(operations(document)) == routes


def test_every_operation_says_what_it_is_its_scope_and_its_refusals(document: dict[str, Any]):
    for name, operation in operations(document).items():
        assert operation["summary"], name
        assert "Scope: `" in operation["description"], name
        assert set(operation["responses"]) >= {"400", "401", "403", "429", "500"}, name


def test_every_change_may_carry_an_idempotency_key_and_money_must(document: dict[str, Any]):
    for name, operation in operations(document).items():
        keys = [one for one in operation.get("parameters", []) if one["name"] == "Idempotency-Key"]
        assert len(keys) == (0 if name.startswith("GET") else 1), name
    needed = {
        name
        for name, operation in operations(document).items()
        if any(
            one["name"] == "Idempotency-Key" and one["required"] for one in operation.get("parameters", [])
        )
    }
    assert needed == {
        "POST /api/v1/orders",
        "POST /api/v1/refunds",
        "POST /api/v1/subscriptions",
        "POST /api/v1/subscriptions/{id}/extend",
    }


def test_every_event_stands_in_it_with_what_it_holds(document: dict[str, Any]):
    for topic in topics.offered():
        body = document["webhooks"][topic.name]["post"]["requestBody"]["content"]["application/json"]
        assert set(body["schema"]["allOf"][1]["properties"]["data"]["properties"]) == set(topic.facts)


def test_problems_money_lists_and_webhooks_stand_in_it(document: dict[str, Any]):
    schemas = document["components"]["schemas"]
    assert {"Problem", "Money", "Event", "Order", "Refund"} <= set(schemas)
    orders = schemas["PaginatedOrderList"]["properties"]["data"]
    assert orders == {"type": "array", "items": {"$ref": "#/components/schemas/Order"}}
    assert document["webhooks"]["event"]["post"]["requestBody"]
    assert document["components"]["securitySchemes"]["ApiKey"]["scheme"] == "bearer"


def test_the_yaml_says_the_same():
    answer = Client().get("/api/v1/openapi.yaml")
    assert answer.content.startswith(b"openapi: 3.1.0")


def test_the_reference_loads_nothing_from_outside_and_has_a_policy_of_its_own():
    page = Client().get("/docs/api/")
    text = page.content.decode()
    assert page.status_code == 200
    assert "http://" not in text
    assert "https://" not in text
    assert "style-src 'self' 'unsafe-inline'" in page.headers["Content-Security-Policy"]
    assert "script-src 'self';" in page.headers["Content-Security-Policy"] + ";"
    script = Client().get("/docs/api/?script=")
    assert b'url: "/api/v1/openapi.json"' in script.content.replace(b"\\u002D", b"-")
