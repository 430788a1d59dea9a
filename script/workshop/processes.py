"""Small questions about processes, and a child that never outlives the command that asked for it."""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from workshop.places import ROOT

PROC = Path("/proc")
GRACE_SECONDS = 10.0


def is_alive(pid: int) -> bool:
    """Whether a process of this number runs, whoever owns it. A zombie does not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    try:
        return PROC.joinpath(str(pid), "stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return not PROC.joinpath("self").exists()


def working_folder(pid: int) -> Path | None:
    """Where a process works; None where the system does not say."""
    try:
        return PROC.joinpath(str(pid), "cwd").resolve(strict=True)
    except OSError:
        return None


def die_with_parent() -> None:
    """Runs in a fresh child on Linux: if the parent is killed, the child is asked to end."""
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(1, signal.SIGTERM)


def run(words: Sequence[str | Path], env: Mapping[str, str], cwd: Path = ROOT) -> int:
    """Run a child on this terminal and give its status. If we are stopped, it is stopped first."""
    child = subprocess.Popen(
        [str(word) for word in words], env=dict(env), cwd=cwd, preexec_fn=die_with_parent
    )
    try:
        return child.wait()
    except BaseException:
        end(child)
        raise


def end(child: subprocess.Popen[bytes]) -> None:
    """Ask a child to end, insist after a while."""
    if child.poll() is None:
        child.terminate()
        try:
            child.wait(GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
