"""The virtual environment and what is in it: exactly the locked versions, every file checked by its hash."""

import hashlib
import json
import os
import re
import shutil
import subprocess
from pathlib import Path

from workshop.console import progress, step
from workshop.download import reason
from workshop.interpreter import base_interpreter
from workshop.places import DATA, LOGS, PYTHON, ROOT, VENV, private_folder
from workshop.trouble import Trouble

STAMP = VENV / "keyway.json"
NEEDED_BYTES = 1_500_000_000
# A larger list holds the smaller ones, in the same versions.
LISTS = {"local": ("requirements-local.txt", "requirements-dev.txt"), "dev": ("requirements-dev.txt",)}


def ensure_packages(group: str) -> None:
    """Make the environment and install the group's list, unless that list is installed already."""
    if _is_installed(group):
        return
    if not _venv_works():
        _make_venv()
    _install(ROOT / LISTS[group][0])
    _stamp(LISTS[group][0])


def _is_installed(group: str) -> bool:
    stamp = _read_stamp()
    fits = any(stamp.get(name) == _digest(ROOT / name) for name in LISTS[group])
    return fits and stamp.get("folder") == str(VENV) and PYTHON.exists()


def _venv_works() -> bool:
    # The programs in an environment know its folder: after a move of the clone it is made anew.
    stamp = _read_stamp()
    if not PYTHON.exists() or stamp.get("folder", str(VENV)) != str(VENV):
        return False
    try:
        return subprocess.run([PYTHON, "-m", "pip", "--version"], capture_output=True).returncode == 0
    except OSError:
        return False


def _make_venv() -> None:
    _check_disk()
    base = base_interpreter()
    with step(f"Making a virtual environment with {base}"):
        shutil.rmtree(VENV, ignore_errors=True)
        made = subprocess.run([base, "-m", "venv", VENV], capture_output=True, text=True, cwd=ROOT)
    if made.returncode != 0:
        shutil.rmtree(VENV, ignore_errors=True)
        raise Trouble(f"No virtual environment could be made in {VENV}: {reason(made.stdout + made.stderr)}.")


def _check_disk() -> None:
    free = shutil.disk_usage(ROOT).free
    if free < NEEDED_BYTES:
        raise Trouble(
            f"The disk is too full: {ROOT} needs {NEEDED_BYTES // 10**6} MB, {free // 10**6} are free."
        )


def _install(requirements: Path) -> None:
    names = re.findall(r"^([a-z0-9][^=\s\[]*)", requirements.read_text(), re.MULTILINE | re.IGNORECASE)
    words = [PYTHON, "-m", "pip", "install", "--require-hashes", "--no-deps", "--progress-bar=off"]
    words += ["--no-input", "--disable-pip-version-check", "-r", requirements]
    log = private_folder(LOGS) / "setup.log"
    with (
        step(f"Installing {len(names)} packages (the first time takes a minute or two)"),
        log.open("w") as file,
    ):
        pip = subprocess.Popen(
            [str(word) for word in words],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=ROOT,
            env=quiet_home() | {"PYTHONUNBUFFERED": "1"},
        )
        seen = 0
        for line in pip.stdout or ():
            file.write(line)
            if line.startswith(("Collecting ", "Requirement already")):
                seen += 1
                progress(f"{seen} of {len(names)}: {line.split()[1]}")
            elif line.startswith("Installing collected"):
                progress("unpacking …")
    if pip.wait() != 0:
        raise Trouble(
            f"The packages could not be installed: {reason(log.read_text(errors='replace'))}; {log} has more."
        )


def quiet_home() -> dict[str, str]:
    """The environment for downloads. Without a home that can be written to, caches go to our own folder."""
    home = os.environ.get("HOME", "")
    if home and os.access(home, os.W_OK):
        return dict(os.environ)
    cache = DATA / "cache"
    return os.environ | {
        "HOME": str(private_folder(DATA / "home")),
        "PIP_CACHE_DIR": str(cache / "pip"),
        "npm_config_cache": str(cache / "npm"),
    }


def _digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def _read_stamp() -> dict[str, str]:
    try:
        return dict(json.loads(STAMP.read_text()))
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return {}


def _stamp(name: str) -> None:
    STAMP.write_text(json.dumps({"folder": str(VENV), name: _digest(ROOT / name)}, indent=1) + "\n")
