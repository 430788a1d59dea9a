"""script/lock [--upgrade]: writes the lists of locked packages from pyproject.toml; --upgrade takes newer
versions.

The larger lists are resolved under the smaller ones, so that a package has one version in all of them.
"""

import subprocess
from collections.abc import Sequence

from workshop.arguments import flags
from workshop.commands.setup import prepare
from workshop.console import say, step
from workshop.places import PYTHON, ROOT
from workshop.trouble import Trouble

LISTS = (
    ("requirements.txt", ()),
    ("requirements-local.txt", ("local",)),
    ("requirements-dev.txt", ("local", "dev", "fuzz")),
)
OPTIONS = (
    "--universal",
    "--python-version",
    "3.11",
    "--generate-hashes",
    "--no-emit-index-url",
    "--no-header",
)


def main(words: Sequence[str]) -> int:
    """Write all lists."""
    upgrade = ["--upgrade"] if "--upgrade" in flags(__doc__, words, "--upgrade") else []
    prepare("dev")
    smaller: list[str] = []
    for name, extras in LISTS:
        with step(f"Locking {name}"):
            chosen = [word for extra in extras for word in ("--extra", extra)]
            chosen += [word for file in smaller for word in ("--constraint", file)]
            _compile(name, [*chosen, *upgrade])
        smaller = [name]
    say("Look at the difference, then run script/test.")
    return 0


def _compile(name: str, words: Sequence[str]) -> None:
    command = [
        PYTHON,
        "-m",
        "uv",
        "pip",
        "compile",
        "pyproject.toml",
        "--quiet",
        "--output-file",
        name,
        *OPTIONS,
        *words,
    ]
    done = subprocess.run([str(word) for word in command], cwd=ROOT, capture_output=True, text=True)
    if done.returncode != 0:
        raise Trouble(f"{name} could not be locked: {done.stderr.strip().splitlines()[-1]}")
