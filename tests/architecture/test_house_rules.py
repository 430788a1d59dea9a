"""Rules of the house that a reader cannot be trusted to keep: each is read off the source."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from keyway.env import ROOT

FOLDERS = ("platform", "merchants", "risk", "settlement", "payments")
SOURCES = [path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*.py"))]
OUTGOING = {"requests", "httpx", "http.client", "urllib.request", "aiohttp", "urllib3"}
THE_CLIENT = ROOT / "platform" / "web" / "transport.py"
THE_CLOCK = ROOT / "platform" / "kernel" / "clock.py"


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def _calls(path: Path) -> Iterator[ast.Call]:
    yield from (n for n in ast.walk(ast.parse(path.read_text())) if isinstance(n, ast.Call))


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module


@pytest.mark.parametrize("path", SOURCES, ids=_name)
def test_row_locks_let_foreign_keys_through(path):
    locks = [
        c for c in _calls(path) if isinstance(c.func, ast.Attribute) and c.func.attr == "select_for_update"
    ]
    assert all("no_key" in {k.arg for k in lock.keywords} for lock in locks)


@pytest.mark.parametrize("path", [p for p in SOURCES if p != THE_CLIENT], ids=_name)
def test_only_the_one_client_calls_the_world(path):
    assert OUTGOING.isdisjoint(_imports(path))


@pytest.mark.parametrize(
    "path", [p for p in SOURCES if p != THE_CLOCK and "migrations" not in p.parts], ids=_name
)
def test_only_the_clock_knows_the_time(path):
    asked = [
        call
        for call in _calls(path)
        if isinstance(call.func, ast.Attribute)
        and call.func.attr in {"now", "utcnow", "today"}
        and isinstance(call.func.value, ast.Name)
        and call.func.value.id in {"datetime", "timezone", "date"}
    ]
    assert asked == []


def test_a_reason_that_a_refusal_gives_is_marked_for_translation():
    # The ledger's own refusals speak to programmers: no form leads to them.
    spoken = [path for path in SOURCES if ROOT / "platform" / "ledger" not in path.parents]
    bare = [
        f"{_name(path)}:{call.lineno}"
        for path in spoken
        for call in _calls(path)
        for given in call.keywords
        if given.arg == "why" and isinstance(given.value, ast.Constant) and given.value.value
        if isinstance(call.func, ast.Name) and call.func.id[:1].isupper()
    ]
    assert bare == []
