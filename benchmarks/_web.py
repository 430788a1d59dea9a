"""The web role under its production settings, behind a proxy that is not there: the load plays it."""

import itertools
import os
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import IO
from urllib.request import urlopen

from _processes import family, resident_mb

HOST = "shop.example"
_FIRST_PORT, _LAST_PORT = 24_000, 24_200
_START_SECONDS = 60.0


class Web:
    """One granian a core, each on a port of its own, as a proxy would balance them: by connections.

    `env` is what this one is told besides: with KEYWAY_ROLE=sandbox it plays the channels.
    `niceness`: how much it stands back for others, as the system counts it.
    """

    def __init__(
        self,
        database_url: str,
        *,
        processes: int,
        threads: int,
        log: Path,
        env: Mapping[str, str] = MappingProxyType({}),
        niceness: int = 0,
    ) -> None:
        free = (port for port in range(_FIRST_PORT, _LAST_PORT) if _is_free(port))
        self.ports = list(itertools.islice(free, processes))
        self._threads, self._log, self._niceness = threads, log, niceness
        self._started: list[subprocess.Popen[bytes]] = []
        self._env = {
            **os.environ,
            "DATABASE_URL": database_url,
            "KEYWAY_ENV": "production",
            "KEYWAY_URL": f"https://{HOST}",
            "ALLOWED_HOSTS": f"{HOST},127.0.0.1",
            "KEYWAY_TRUSTED_PROXIES": "127.0.0.1/32",
            **env,
        }

    def __enter__(self) -> "Web":
        try:
            with self._log.open("wb") as log:
                self._started = [self._start(port, log) for port in self.ports]
            for port in self.ports:
                self._wait(port)
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    @property
    def roots(self) -> list[int]:
        """The first process of each: the parents of what works."""
        return [process.pid for process in self._started]

    def largest_mb(self) -> float:
        """The memory of the largest process."""
        return max(resident_mb(process) for process in family(self.roots))

    def _start(self, port: int, log: IO[bytes]) -> subprocess.Popen[bytes]:
        command = [
            "nice", "-n", str(self._niceness), sys.executable, "-m", "granian",
            "--interface", "wsgi", "--no-ws", "--host", "127.0.0.1",
            "--port", str(port), "--workers", "1", "--blocking-threads", str(self._threads),
            "--backpressure", "64", "keyway.wsgi:application",
        ]  # fmt: skip
        return subprocess.Popen(command, env=self._env, stdout=log, stderr=subprocess.STDOUT)

    def _stop(self) -> None:
        for process in self._started:
            process.terminate()
        for process in self._started:
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def _wait(self, port: int) -> None:
        until = time.monotonic() + _START_SECONDS
        while time.monotonic() < until and all(process.poll() is None for process in self._started):
            try:
                with urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5) as answer:
                    if answer.status == 200:
                        return
            except OSError:
                time.sleep(0.1)
        raise SystemExit(f"The web role did not start; {self._log} says:\n{self._log.read_text()[-1500:]}")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0
