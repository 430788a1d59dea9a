"""Which Python makes the virtual environment: 3.11 or 3.12; in place of newer ones, uv fetches 3.12."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from workshop.console import say, step
from workshop.places import DATA, LOGS, ROOT, private_folder
from workshop.trouble import Trouble

OLDEST, NEWEST = (3, 11), (3, 12)
MANAGED = "3.12"
# Debian leaves ensurepip out of its Python, or puts it there without the wheels that it needs: so we ask it.
QUESTION = """
import sys
try:
    import ensurepip, venv
    able = bool(ensurepip.version())
except Exception:
    able = False
print(*sys.version_info[:2], int(able), sys._base_executable)
"""


@dataclass(frozen=True)
class Interpreter:
    """A Python that was found, and whether it can make virtual environments."""

    path: str
    version: tuple[int, int]
    has_ensurepip: bool

    @property
    def has_every_wheel(self) -> bool:
        """Whether all that Keyway needs exists ready made for it."""
        return OLDEST <= self.version <= NEWEST


def base_interpreter() -> Path:
    """The Python to make the virtual environment with."""
    known = _interpreters()
    for found in known:
        if found.has_every_wheel and found.has_ensurepip:
            return Path(found.path)
    newer = next((found for found in known if found.version > NEWEST and found.has_ensurepip), None)
    if newer is None:
        return _managed(None) or _refuse_without_ensurepip(known)
    if managed := _managed(newer):
        return managed
    if any(map(shutil.which, ("redis-server", "valkey-server"))) or os.environ.get("BROKER_URL"):
        return Path(newer.path)
    raise Trouble(
        f"Python {_written(newer)} has no wheel of Redis and a Python {MANAGED} could not be fetched: "
        "install Python 3.11 or 3.12, or redis-server or valkey-server, or set BROKER_URL to a running one."
    )


def _interpreters() -> list[Interpreter]:
    home = Path(os.environ.get("PYENV_ROOT") or Path(os.environ.get("HOME") or "/nonexistent") / ".pyenv")
    names = [
        sys.executable,
        os.environ.get("KEYWAY_PYTHON", ""),
        "python3.12",
        "python3.11",
        "python3",
        "python3.13",
    ]
    names += [
        "python3.14",
        "/usr/bin/python3",
        *map(str, sorted(home.glob("versions/3.1[12].*/bin/python3"))),
    ]
    found: dict[str, Interpreter] = {}
    for name in names:
        answer = _ask(name) if name else None
        if answer and answer.version >= OLDEST:
            found.setdefault(answer.path, answer)
    return list(found.values())


def _ask(name: str) -> Interpreter | None:
    # A name on the path may be a shim that only says which versions it would have: so it is run.
    try:
        said = subprocess.run([name, "-I", "-c", QUESTION], capture_output=True, text=True, timeout=30)
    except (OSError, subprocess.TimeoutExpired):
        return None
    words = said.stdout.strip().split(" ", 3)
    if said.returncode != 0 or len(words) != 4:
        return None
    return Interpreter(words[3], (int(words[0]), int(words[1])), words[2] == "1")


def _managed(base: Interpreter | None) -> Path | None:
    """A Python of our own in `.keyway/python`, fetched by uv; None where it cannot be had."""
    folder = DATA / "python"
    if not _in(folder):
        uv = shutil.which("uv") or _uv_of_our_own(base)
        if uv is None:
            return None
        with step(f"Fetching Python {MANAGED}"):
            _logged([uv, "python", "install", MANAGED, "--install-dir", folder, "--no-bin"])
    found = _in(folder)
    if found is None:
        say(f"  Python {MANAGED} could not be fetched.")
    return found


def _in(folder: Path) -> Path | None:
    return next(iter(sorted(folder.glob(f"cpython-{MANAGED}*/bin/python{MANAGED}"))), None)


def _uv_of_our_own(base: Interpreter | None) -> Path | None:
    if base is None:
        return None
    folder = DATA / "uv"
    lock = (ROOT / "requirements-dev.txt").read_text()
    lines = re.search(r"^uv==.*?(?=^\S|\Z)", lock, re.MULTILINE | re.DOTALL)
    if lines is None:
        return None
    with step("Fetching uv, which fetches Pythons"):
        private_folder(folder)
        (folder / "requirements.txt").write_text(re.sub(r"^ +#.*\n", "", lines.group(), flags=re.MULTILINE))
        pip: list[str | Path] = [
            folder / "bin" / "python",
            "-m",
            "pip",
            "install",
            "--quiet",
            "--require-hashes",
            "-r",
        ]
        done = _logged([base.path, "-m", "venv", folder]) and _logged([*pip, folder / "requirements.txt"])
    return folder / "bin" / "uv" if done else None


def _logged(words: Sequence[str | Path]) -> bool:
    with (private_folder(LOGS) / "setup.log").open("a") as log:
        log.write(f"$ {' '.join(map(str, words))}\n")
        log.flush()
        return subprocess.run([str(word) for word in words], stdout=log, stderr=log).returncode == 0


def _refuse_without_ensurepip(known: list[Interpreter]) -> Path:
    best = known[0] if known else None
    if best is None:
        raise Trouble("Keyway needs Python 3.11 or newer; none was found.")
    package = f"python{_written(best)}-venv"
    raise Trouble(
        f"Python {_written(best)} at {best.path} lacks ensurepip, which makes virtual environments: "
        f"install it (Debian and Ubuntu: apt install {package}) and run this again."
    )


def _written(found: Interpreter) -> str:
    return ".".join(map(str, found.version))
