"""PostgreSQL refuses to run as root. This is how a root user runs its programs all the same.

First choice: a user namespace in which root goes by the name of nobody. Files stay root's and the clone may
lie in a private home. Where namespaces are forbidden: the user nobody itself, with data and programs copied
to a folder outside that nobody can reach.
"""

import hashlib
import os
import shutil
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from workshop.places import DATA

NOBODY = 65534
NAMESPACE = ("unshare", "-U", f"--map-user={NOBODY}", f"--map-group={NOBODY}")
OUTSIDE = Path("/var/lib/keyway")


@dataclass(frozen=True)
class Account:
    """Who runs PostgreSQL's programs."""

    prefix: tuple[str, ...] = ()
    user: int | None = None

    def run(self, words: Sequence[str | Path], said_to_it: str = "") -> subprocess.CompletedProcess[str]:
        """Run a program to its end and keep what it said. It never reads the keyboard."""
        return subprocess.run(
            [*self.prefix, *map(str, words)],
            input=said_to_it,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd="/",
            user=self.user,
            group=self.user,
            extra_groups=None if self.user is None else [],
            env=os.environ | {"LC_ALL": "C"},
        )

    def folder(self, name: str) -> Path:
        """Where a server keeps its data: in `.keyway/`, or outside behind a link where nobody needs it."""
        inside = DATA / name
        if self.user is None:
            return inside
        if inside.is_symlink():
            outside = inside.readlink()
        else:
            outside = OUTSIDE / hashlib.sha256(str(inside).encode()).hexdigest()[:12] / name
            if outside.exists():
                # Whoever deleted the link began anew; what lies there belongs to secrets that are gone.
                outside.rename(outside.with_name(f"{name}.left-{int(time.time())}"))
            inside.symlink_to(outside)
        outside.mkdir(parents=True, exist_ok=True)
        os.chown(outside, self.user, self.user)
        return outside

    def programs(self, install: Path) -> Path:
        """The folder of the programs, copied outside where nobody could not read it in its place."""
        if self.user is None or self.run(["test", "-x", install / "bin" / "postgres"]).returncode == 0:
            return install
        target = OUTSIDE / "programs" / hashlib.sha256(str(install).encode()).hexdigest()[:12]
        if not target.exists():
            fresh = target.with_suffix(".new")
            shutil.rmtree(fresh, ignore_errors=True)
            package = install.parent
            shutil.copytree(package, fresh / package.name, symlinks=True)
            # The programs find their libraries next to the package, in a folder of the same wheel.
            libraries = package.with_name(package.name + ".libs")
            if libraries.is_dir():
                shutil.copytree(libraries, fresh / libraries.name, symlinks=True)
            fresh.replace(target)
        return target / install.parent.name / install.name


@cache
def database_account() -> Account:
    """The account for PostgreSQL: our own, or a stand-in if we are root."""
    if os.geteuid() != 0:
        return Account()
    if shutil.which("unshare"):
        trial = subprocess.run([*NAMESPACE, "id", "-u"], capture_output=True, text=True)
        if trial.returncode == 0 and trial.stdout.strip() == str(NOBODY):
            return Account(prefix=NAMESPACE)
    return Account(user=NOBODY)
