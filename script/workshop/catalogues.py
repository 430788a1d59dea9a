"""Translation catalogues, compiled by Babel where they changed. Git ignores the result."""

import subprocess
from pathlib import Path

from workshop.console import step
from workshop.places import PLATFORM, PYTHON, ROOT
from workshop.trouble import Trouble

LOCALE = PLATFORM / "keyway" / "locale"


def ensure_catalogues() -> None:
    """Compile every catalogue that changed."""
    stale = [po for po in sorted(LOCALE.glob("*/LC_MESSAGES/django.po")) if _is_stale(po)]
    if not stale:
        return
    with step("Compiling the translations"):
        for source in stale:
            words = [
                PYTHON,
                "-m",
                "babel.messages.frontend",
                "compile",
                "-i",
                source,
                "-o",
                source.with_suffix(".mo"),
            ]
            done = subprocess.run([str(word) for word in words], capture_output=True, text=True, cwd=ROOT)
            if done.returncode != 0:
                raise Trouble(f"{source.relative_to(ROOT)} cannot be compiled: {_last_line(done.stderr)}.")


def _is_stale(source: Path) -> bool:
    compiled = source.with_suffix(".mo")
    return not compiled.exists() or compiled.stat().st_mtime_ns < source.stat().st_mtime_ns


def _last_line(said: str) -> str:
    return next((line for line in reversed(said.splitlines()) if line.strip()), "no reason was given").rstrip(
        "."
    )
