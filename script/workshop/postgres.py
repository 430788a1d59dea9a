"""An embedded PostgreSQL: a cluster in a folder of our own, on loopback, started and stopped explicitly."""

import os
import shutil
import socket
import struct
import subprocess
import tempfile
import time
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path

from workshop import ports
from workshop.account import Account, database_account
from workshop.keys import installation_keys
from workshop.places import private_folder
from workshop.postgres_programs import programs, version
from workshop.processes import is_alive, working_folder
from workshop.trouble import Trouble

ROLE = DATABASE = "keyway"
START_SECONDS = STOP_SECONDS = 90
PORT_TRIES = 20
LONGEST_LOG = 20_000_000
# After a kill, the server's own children need a moment to notice and leave.
SETTLE_SECONDS = 15.0
ENCRYPTION_ASKED = struct.pack("!ii", 8, 80_877_103)  # the protocol's first question: every server answers it
IN_USE = "pre-existing shared memory block"

COMMON = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "shared_buffers": "256MB",
    "max_connections": "200",
    "max_wal_size": "2GB",
}
# After each checkpoint whole pages go to the log: the fewer of them, the cheaper a write.
DURABLE = COMMON | {
    "fsync": "on",
    "synchronous_commit": "on",
    "shared_buffers": "512MB",
    "checkpoint_timeout": "15min",
    "max_wal_size": "4GB",
}
# For tests alone: what a crash of the machine would lose is thrown away after the run anyway.
FLEETING = COMMON | {
    "max_connections": "400",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "autovacuum_naptime": "10min",
}


class Cluster:
    """One PostgreSQL server. `start` makes it first if need be; both verbs may be repeated."""

    def __init__(self, name: str, usual_port: int, settings: Mapping[str, str]) -> None:
        self.name = name
        self.settings = settings
        self.port = ports.remembered(name, usual_port)

    @cached_property
    def account(self) -> Account:
        """Who runs the programs."""
        return database_account()

    @cached_property
    def folder(self) -> Path:
        """The data."""
        return self.account.folder(self.name)

    @cached_property
    def programs(self) -> Path:
        """The programs, where the account can read them."""
        found = programs()
        return self.account.programs(found.parent) / "bin" if (found.parent / "share").exists() else found

    @property
    def log(self) -> Path:
        """What the server writes; next to the data, since the account that runs it must be able to."""
        return self.folder / "server.log"

    @property
    def url(self) -> str:
        """The address for DATABASE_URL."""
        password = installation_keys()["DATABASE_PASSWORD"]
        return f"postgres://{ROLE}:{password}@127.0.0.1:{self.port}/{DATABASE}"

    def start(self) -> None:
        """Start the server, on the next free port if its own is taken."""
        deadline = time.monotonic() + SETTLE_SECONDS
        while self.is_running():
            # One that was killed this moment may still look alive, but it does not answer.
            if self._answers() or time.monotonic() > deadline:
                return
            time.sleep(0.05)
        self._make()
        self._shorten_log()
        for _ in range(PORT_TRIES):
            self.port = ports.next_free(self.name, self.port)
            said = self._launch()
            while IN_USE in said and time.monotonic() < deadline:
                time.sleep(0.2)
                said = self._launch()
            if not said:
                return
            if "could not bind" not in said:
                raise Trouble(f"PostgreSQL did not start: {_reason(said)} (its log: {self.log}).")
            self.port += 1
        raise Trouble(f"PostgreSQL found no port to listen on near {self.port}.")

    def stop(self) -> None:
        """Stop the server; open connections are cut off, what was committed stays."""
        if self.is_running():
            said = self._pg_ctl("stop", "-m", "fast", "-w", "-t", str(STOP_SECONDS))
            if said.returncode != 0 and self.is_running():
                self._pg_ctl("stop", "-m", "immediate", "-w", "-t", str(STOP_SECONDS))

    def is_running(self) -> bool:
        """Whether our server runs; what a crash left of an earlier one is cleared away."""
        note = self.folder / "postmaster.pid"
        try:
            lines = note.read_text().splitlines()
            pid = abs(int(lines[0]))
        except (FileNotFoundError, ValueError, IndexError):
            return False
        if is_alive(pid) and self._is_ours(pid):
            if len(lines) > 3 and lines[3].strip().isdigit():
                self.port = int(lines[3])
            return True
        # After a crash or a restart of the machine another process may bear the number that is written
        # there. PostgreSQL would then refuse to start for fear of a second server in the same folder.
        note.unlink(missing_ok=True)
        return False

    def _is_ours(self, pid: int) -> bool:
        place = working_folder(pid)
        if place is None:
            said = self.account.run(["readlink", f"/proc/{pid}/cwd"])
            place = Path(said.stdout.strip()) if said.returncode == 0 else None
        return place is None or place == self.folder.resolve()

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=2) as line:
                line.sendall(ENCRYPTION_ASKED)
                return line.recv(1) in (b"N", b"S")
        except OSError:
            return False

    def _make(self) -> None:
        if (self.folder / "PG_VERSION").exists():
            self._check_version()
            return
        private_folder(self.folder.parent)
        fresh = self.folder.with_name(self.folder.name + ".new")
        self.account.run(["rm", "-rf", fresh])
        shutil.rmtree(fresh, ignore_errors=True)
        self._initialise(fresh)
        if self.folder.is_dir():
            self.folder.rmdir()
        fresh.replace(self.folder)

    def _initialise(self, fresh: Path) -> None:
        if self.account.user is not None:
            fresh.mkdir()
            os.chown(fresh, self.account.user, self.account.user)
        builtin = (
            ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"] if version(self.programs) >= 17 else []
        )
        locale = ["--locale=C", *builtin] if builtin else ["--locale=C.UTF-8"]
        words = [
            "--auth=scram-sha-256",
            f"--username={ROLE}",
            "--encoding=UTF8",
            "--no-instructions",
            *locale,
        ]
        with self._password_file() as password:
            said = self.account.run(
                [self.programs / "initdb", "-D", fresh, f"--pwfile={password.name}", *words]
            )
        if said.returncode == 0:
            # The single-user mode needs neither a port nor the password.
            said = self.account.run(
                [self.programs / "postgres", "--single", "-D", fresh, "postgres"],
                said_to_it=f"CREATE DATABASE {DATABASE};\n",
            )
        if said.returncode != 0 or "ERROR" in said.stdout:
            raise Trouble(f"PostgreSQL could not make its data in {self.folder}: {_reason(said.stdout)}.")

    def _password_file(self) -> "tempfile._TemporaryFileWrapper[str]":
        file = tempfile.NamedTemporaryFile("w", prefix="keyway-")  # noqa: SIM115  the caller closes it
        file.write(installation_keys()["DATABASE_PASSWORD"] + "\n")
        file.flush()
        if self.account.user is not None:
            os.chown(file.name, self.account.user, self.account.user)
        return file

    def _check_version(self) -> None:
        made, have = (self.folder / "PG_VERSION").read_text().strip(), version(self.programs)
        if made != str(have) and self.settings["fsync"] == "off":
            shutil.rmtree(self.folder)  # what does not mind a crash does not mind this
            self._make()
        elif made != str(have):
            raise Trouble(
                f"The data in {self.folder} are of PostgreSQL {made}, but the programs are {have}: "
                f"set PG_BIN to the programs of {made}, or dump the data there and load them anew."
            )

    def _options(self) -> str:
        memory = "posix" if os.access("/dev/shm", os.W_OK) else "mmap"
        chosen = {**self.settings, "port": str(self.port), "dynamic_shared_memory_type": memory}
        return " ".join(f"-c {name}='{value}'" for name, value in chosen.items())

    def _pg_ctl(self, *words: str) -> subprocess.CompletedProcess[str]:
        return self.account.run([self.programs / "pg_ctl", "-D", self.folder, *words])

    def _launch(self) -> str:
        """Try to start; nothing if it worked, else what the server said."""
        before = self.log.stat().st_size if self.log.exists() else 0
        words = ("-w", "-t", str(START_SECONDS), "-l", str(self.log), "-o", self._options())
        done = self._pg_ctl("start", *words)
        if done.returncode == 0:
            return ""
        try:
            with self.log.open(errors="replace") as file:
                file.seek(before)
                return file.read() or done.stdout
        except OSError:
            return done.stdout

    def _shorten_log(self) -> None:
        if self.log.exists() and self.log.stat().st_size > LONGEST_LOG:
            os.truncate(self.log, 0)


def _reason(said: str) -> str:
    """The line that says why, out of all that a program said."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    if any("No space left on device" in line for line in lines):
        return "the disk is full"
    telling = [line for line in lines if "FATAL" in line or "error:" in line or "ERROR" in line]
    return (telling or lines or ["it gave no reason"])[-1].rstrip(".")
