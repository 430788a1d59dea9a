"""Runs one of Django's commands for ourselves and keeps what it said."""

import re
import subprocess
from collections.abc import Mapping

from workshop.console import progress
from workshop.places import LOGS, PYTHON, ROOT, private_folder
from workshop.trouble import Trouble

ERROR_LINE = re.compile(r"[\w.]*(Error|Exception|Configured): ")


def manage(env: Mapping[str, str], *words: str) -> str:
    """What the command said; Trouble with its last error if it failed."""
    log = private_folder(LOGS) / f"{words[0]}.log"
    said: list[str] = []
    with (
        log.open("w") as file,
        subprocess.Popen(
            [str(PYTHON), str(ROOT / "manage.py"), *words],
            env=dict(env),
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as child,
    ):
        for line in child.stdout or ():
            file.write(line)
            said.append(line)
            progress(line.strip()[:100])
    if child.returncode != 0:
        lines = [line.strip() for line in reversed(said) if line.strip()]
        telling = next(filter(ERROR_LINE.match, lines), (lines or ["it gave no reason"])[0])
        raise Trouble(f"manage.py {' '.join(words)} failed: {telling} ({log} has the whole story)")
    return "".join(said)
