"""Real processes of Keyway for tests that need them: started on a free port, killed as the power would."""

import contextlib
import http.client
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
_START_SECONDS, _END_SECONDS = 60.0, 30.0
_LOOK_EVERY = 0.05


def free_port() -> int:
    """A port below the ephemeral range, where nothing listens now."""
    while True:
        port = random.randrange(21_000, 30_000)
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port


class Process:
    """A process in a group of its own. Its words go into `log`."""

    def __init__(self, words: list[str], env: Mapping[str, str], log: Path) -> None:
        self.log = log
        with log.open("ab") as out:
            self._child = subprocess.Popen(
                words,
                env={**os.environ, **env},
                cwd=ROOT,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def kill(self) -> None:
        """End the whole group as the power would."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._child.pid, signal.SIGKILL)
        self._child.wait(_END_SECONDS)

    def wait(self) -> int:
        """Its status, once it has ended by itself."""
        try:
            return self._child.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"It still runs.\n{self.said()}") from None

    def said(self) -> str:
        """The last of what it said."""
        return self.log.read_text(errors="replace")[-6_000:]

    def _runs(self) -> bool:
        return self._child.poll() is None


class Face(Process):
    """A web server of one role, ready when its constructor returns."""

    def __init__(self, role: str, port: int, env: Mapping[str, str], log: Path) -> None:
        self.port = port
        words = [
            "-m",
            "granian",
            "--interface",
            "wsgi",
            "--host",
            "127.0.0.1",
            "--port",
            str(port),
            "--no-ws",
        ]
        size = ["--workers", "1", "--blocking-threads", "8", "keyway.wsgi:application"]
        super().__init__([sys.executable, *words, *size], {**env, "KEYWAY_ROLE": role}, log)
        try:
            self._until_ready()
        except BaseException:
            self.kill()
            raise

    @property
    def pair(self) -> str:
        """Host and port."""
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://{self.pair}"

    def _until_ready(self) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while not self._answers():
            assert self._runs(), self.said()
            assert time.monotonic() < deadline, f"It did not start.\n{self.said()}"
            time.sleep(_LOOK_EVERY)

    def _answers(self) -> bool:
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            line.request("HEAD", "/nothing-here/")
            return line.getresponse().status < 500
        except (OSError, http.client.HTTPException):
            return False
        finally:
            line.close()


def manage(*words: str, env: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Run a management command to its end."""
    return subprocess.run(
        [sys.executable, str(ROOT / "manage.py"), *words],
        env={**os.environ, **env},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=_START_SECONDS,
    )


def until(holds: Callable[[], bool], what: Callable[[], object], seconds: float = 30) -> None:
    """Wait for what another process does. `what` says what there was instead."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, what()
        time.sleep(_LOOK_EVERY)
