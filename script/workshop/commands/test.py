"""script/test [--long] [PATH …] [OPTION …]: every check and test; with a path (or any pytest option) just
those tests, quickly.

Options of pytest follow as they are, with or without `--` before them: script/test tests/risk -k limit.

The whole run: format and lint, types, the import line, migrations, templates, translations, tests on a real
PostgreSQL, and journeys in a real Chromium. All steps run even if one fails; the status is 1 if any did.
"""

import os
import re
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from workshop.chromium import chromium, ensure_chromium
from workshop.commands.setup import prepare
from workshop.console import paint, say
from workshop.environment import environment
from workshop.places import PYTHON, ROOT, VENV
from workshop.processes import run
from workshop.services import TESTS, running

NO_TESTS_FOUND = 5
LONG_TEST_SECONDS = 3600  # when a test marked `long` counts as hanging; pyproject.toml has it for the others
CLOSING_LINE = re.compile(r"^(=+ )?.*\b(passed|failed|error|errors|no tests ran)\b.* in [\d.]+s.*$")


@dataclass(frozen=True)
class Check:
    """A step of the whole run: it is quiet unless it fails, except pytest, which people like to watch."""

    title: str
    words: tuple[str | Path, ...]
    is_watched: bool = False


@dataclass(frozen=True)
class Outcome:
    """How a step ended."""

    title: str
    status: int
    seconds: float
    closing: str = ""


def main(words: Sequence[str]) -> int:
    """Run everything, or what was named."""
    if "--help" in words or "-h" in words:
        say(__doc__ or "")
        return 0
    is_long = "--long" in words
    prepare("dev")
    if set(words) - {"--long", "--"}:
        with running(TESTS) as servers:
            return run(pytest_words(words), _environment(servers.addresses, chromium()))
    found = ensure_chromium()
    began = time.monotonic()
    with running(TESTS) as servers:
        env = _environment(servers.addresses, found)
        outcomes = [_outcome(check, env) for check in _checks(is_long)]
    return _report(outcomes, time.monotonic() - began)


def _environment(addresses: Mapping[str, str], browser: str | None) -> dict[str, str]:
    given = {"KEYWAY_ENV": "test", "KEYWAY_CHROMIUM": browser or ""}
    return environment({**addresses, **given})


def pytest_words(words: Sequence[str]) -> tuple[str | Path, ...]:
    """How pytest is called with what was said to script/test."""
    patience = ("-o", f"faulthandler_timeout={LONG_TEST_SECONDS}") if "--long" in words else ()
    # People put `--` before what is meant for pytest, which would take an option behind it for a path.
    chosen = [word for word in words if word not in ("--long", "--")]
    return (PYTHON, "-m", "pytest", *patience, *chosen)


def _checks(is_long: bool) -> list[Check]:
    templates = sorted(ROOT.glob("templates/**/*.html"))
    manage = (PYTHON, ROOT / "manage.py")
    pytest = pytest_words(["--long"] if is_long else [])
    without_long = "" if is_long else " and not long"
    at_once = ("-n", str(len(os.sched_getaffinity(0))))
    return [
        Check("ruff check", (PYTHON, "-m", "ruff", "check", ".")),
        Check("ruff format", (PYTHON, "-m", "ruff", "format", "--check", ".")),
        Check("types", (PYTHON, "-m", "mypy", ".")),
        Check("import line", (VENV / "bin" / "lint-imports",)),
        Check("migrations", (*manage, "makemigrations", "--check", "--dry-run")),
        Check("templates", (PYTHON, "-m", "djhtml", "--check", *templates)),
        Check("translations", (*manage, "messages", "--check")),
        Check("tests", (*pytest, *at_once, "-m", f"not browser{without_long}"), True),
        # A file's journeys share the servers that they walk through.
        Check("journeys", (*pytest, *at_once, "--dist", "loadfile", "-m", f"browser{without_long}"), True),
    ]


def _outcome(check: Check, env: Mapping[str, str]) -> Outcome:
    say(paint("›", "blue") + f" {check.title} …")
    began = time.monotonic()
    status, said = _watched(check, env) if check.is_watched else _captured(check, env)
    seconds = time.monotonic() - began
    if status and not check.is_watched:
        say(said)
    if status == NO_TESTS_FOUND and check.is_watched:
        say("No tests were found, which counts as a failure.")
    say(f"  {_verdict(status)} after {seconds:.1f} s")
    lines = [line for line in said.splitlines() if CLOSING_LINE.match(line)]
    return Outcome(check.title, status, seconds, lines[-1] if check.is_watched and lines else "")


def _captured(check: Check, env: Mapping[str, str]) -> tuple[int, str]:
    words = [str(word) for word in check.words]
    done = subprocess.run(
        words,
        env=dict(env),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    return done.returncode, done.stdout


def _watched(check: Check, env: Mapping[str, str]) -> tuple[int, str]:
    """Run pytest in sight and keep what it said, for its closing line."""
    said: list[str] = []
    with subprocess.Popen(
        [str(word) for word in check.words],
        env=dict(env),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as child:
        try:
            for line in child.stdout or ():
                print(line, end="", flush=True)
                said.append(line)
        except BaseException:
            child.terminate()
            raise
    return child.returncode, "".join(said)


def _verdict(status: int) -> str:
    return paint("passed", "green") if status == 0 else paint("FAILED", "red")


def _report(outcomes: Sequence[Outcome], seconds: float) -> int:
    say("\n" + "─" * 48)
    for outcome in outcomes:
        say(f"{outcome.title:<16} {_verdict(outcome.status)} {outcome.seconds:8.1f} s")
    failed = [outcome.title for outcome in outcomes if outcome.status]
    say(f"{'everything':<16} {_verdict(len(failed))} {seconds:8.1f} s\n")
    if failed:
        say("Failed: " + ", ".join(failed))
    for outcome in outcomes:
        if outcome.closing:
            say(f"{outcome.title}: {outcome.closing}")
    return 1 if failed else 0
