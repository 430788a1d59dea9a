"""The web role under its production settings, behind a proxy that is not there: the load plays it."""

import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from urllib.request import urlopen

from _processes import family, resident_mb

HOST = "shop.example"
_FIRST_PORT, _LAST_PORT = 24_000, 24_200
_START_SECONDS = 60.0


class Web:
    """granian with one worker a core. `port` is where it listens, `root` its first process."""

    def __init__(self, database_url: str, *, workers: int, threads: int, log: Path) -> None:
        self.port = next(port for port in range(_FIRST_PORT, _LAST_PORT) if _is_free(port))
        self._workers, self._threads, self._log = workers, threads, log
        self._env = {
            **os.environ,
            "DATABASE_URL": database_url,
            "KEYWAY_ENV": "production",
            "KEYWAY_URL": f"https://{HOST}",
            "ALLOWED_HOSTS": f"{HOST},127.0.0.1",
            "KEYWAY_TRUSTED_PROXIES": "127.0.0.1/32",
        }

    def __enter__(self) -> "Web":
        command = [
            sys.executable, "-m", "granian", "--interface", "wsgi", "--no-ws",
            "--host", "127.0.0.1", "--port", str(self.port), "--workers", str(self._workers),
            "--blocking-threads", str(self._threads), "--backpressure", "64", "keyway.wsgi:application",
        ]  # fmt: skip
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(command, env=self._env, stdout=log, stderr=subprocess.STDOUT)
        self._wait()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.terminate()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    @property
    def root(self) -> int:
        """The first process: parent of the workers."""
        return self._process.pid

    def largest_mb(self) -> float:
        """The memory of the largest process."""
        return max(resident_mb(process) for process in family([self.root]))

    def _wait(self) -> None:
        until = time.monotonic() + _START_SECONDS
        while time.monotonic() < until:
            if self._process.poll() is not None:
                break
            try:
                with urlopen(f"http://127.0.0.1:{self.port}/readyz", timeout=5) as answer:
                    if answer.status == 200:
                        return
            except OSError:
                time.sleep(0.1)
        raise SystemExit(f"The web role did not start; {self._log} says:\n{self._log.read_text()[-1500:]}")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0
