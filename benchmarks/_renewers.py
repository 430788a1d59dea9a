"""The workers: processes that do over and over what beat asks for every few seconds, until they are ended."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import IO

from _processes import cpu, resident_mb

_WORK = """
import os, sys, time, django
django.setup()
from keyway.celery import yield_to_pages
from payments.subscriptions import tasks
yield_to_pages()
print("ready", flush=True)
os.dup2(2, 1)  # the log: nobody reads the pipe from here on
sys.stdin.readline()
while True:
    if not tasks.renew():
        time.sleep(0.2)
"""


class Renewers:
    """So many workers. They stand ready when this is entered, and start at `go`."""

    def __init__(self, count: int, env: Mapping[str, str], log: Path) -> None:
        self._count, self._env, self._log = count, {**os.environ, **env}, log
        self._started: list[subprocess.Popen[str]] = []

    def __enter__(self) -> "Renewers":
        with self._log.open("w") as log:
            self._started = [self._start(log) for _ in range(self._count)]
        for process in self._started:
            if process.stdout is None or process.stdout.readline() != "ready\n":
                self._stop()
                raise SystemExit(f"A worker did not start; {self._log} says why.")
        return self

    def __exit__(self, *_: object) -> None:
        self._stop()

    def go(self) -> None:
        """Let them begin, all at once."""
        for process in self._started:
            if process.stdin is not None:
                process.stdin.write("go\n")
                process.stdin.flush()

    @property
    def roots(self) -> list[int]:
        """The workers' processes."""
        return [process.pid for process in self._started]

    def check(self) -> None:
        """Raise SystemExit where one has died."""
        if any(process.poll() is not None for process in self._started):
            raise SystemExit(f"A worker died; {self._log} says why.")

    def memory_mb(self) -> float:
        """What the largest has resident."""
        return max(resident_mb(process) for process in self.roots)

    def cpu(self) -> float:
        """Seconds of CPU of them all."""
        return cpu(self.roots)

    def _start(self, log: IO[str]) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-c", _WORK],
            env=self._env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True,
        )  # fmt: skip

    def _stop(self) -> None:
        for process in self._started:
            process.terminate()
        for process in self._started:
            process.wait()
