"""script/server as a person sees it: it comes up, mends what dies, and leaves nothing behind."""

import os
import re
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from workshop.processes import is_alive

pytestmark = pytest.mark.long
PATIENCE = 240.0


def _free_port(start: int) -> int:
    for port in range(start, start + 200):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) != 0:
                return port
    raise AssertionError("no port is free")


class House:
    """A running server, its addresses and what it says."""

    def __init__(self, script: Path, env: dict[str, str]) -> None:
        self.port = _free_port(24_000)
        self.data = Path(env["KEYWAY_DATA"])
        self.output = self.data.with_suffix(".log")
        with self.output.open("w") as file:
            self.process = subprocess.Popen(
                [
                    str(script / "server"),
                    "--port",
                    str(self.port),
                    "--sandbox-port",
                    str(_free_port(self.port + 1)),
                ],
                env=env,
                stdout=file,
                stderr=subprocess.STDOUT,
            )

    def said(self) -> str:
        """All it said up to now."""
        return self.output.read_text()

    def wait_for(self, what: Callable[[], object], why: str) -> None:
        """Wait until it is so."""
        deadline = time.monotonic() + PATIENCE
        while not what():
            assert time.monotonic() < deadline, f"{why}:\n{self.said()}"
            assert self._lives_on(), self.said()

    def _lives_on(self) -> bool:
        """Whether it still runs after a moment."""
        try:
            self.process.wait(0.1)
        except subprocess.TimeoutExpired:
            return True
        return False

    def answers(self) -> bool:
        """Whether a page comes that needs the database."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/account/login/", timeout=5) as page:
                return page.status == 200
        except OSError:
            return False

    def postmaster(self) -> int:
        """The number of PostgreSQL's process."""
        return int((self.data / "postgres" / "postmaster.pid").read_text().splitlines()[0])

    def family(self) -> set[int]:
        """The numbers of all processes that know this server's data or descend from it."""
        children: dict[int, set[int]] = {}
        for status in Path("/proc").glob("[0-9]*/stat"):
            try:
                parent = int(status.read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue
            children.setdefault(parent, set()).add(int(status.parent.name))
        found, fresh = set(), {self.process.pid, self.postmaster()}
        while fresh:
            found |= fresh
            fresh = set().union(*(children.get(pid, set()) for pid in fresh)) - found
        return found


@pytest.fixture
def house(script: Path, outside: dict[str, str]) -> Iterator[House]:
    started = House(script, outside)
    started.wait_for(lambda: "Keyway runs." in started.said(), "it did not come up")
    yield started
    started.process.terminate()
    started.process.wait(60)


def test_it_comes_up_and_leaves_nothing_behind(house):
    house.wait_for(house.answers, "no page came")
    family = house.family()
    assert len(family) > 8
    house.process.send_signal(signal.SIGINT)
    assert house.process.wait(60) == 0
    assert not {pid for pid in family if is_alive(pid)}
    assert house.said().endswith("Stopped.\n")


def test_it_starts_again_what_dies(house):
    database, web = house.postmaster(), re.search(r"web .*main PID: (\d+)", house.said())
    os.kill(int(web.group(1)), signal.SIGKILL)
    os.kill(database, signal.SIGKILL)
    house.wait_for(lambda: "postgres had stopped and was started again" in house.said(), "no new database")
    house.wait_for(lambda: house.said().count("main PID") == 3, "no new web server")
    house.wait_for(house.answers, "no page came after the kill")


def test_a_second_server_in_the_folder_is_refused(house, script, outside):
    second = subprocess.run([script / "server"], env=outside, capture_output=True, text=True, timeout=60)
    assert second.returncode == 1
    assert second.stderr.startswith("Keyway runs in this folder already")


def test_a_command_beside_it_uses_its_database(house, script, outside):
    before = house.postmaster()
    done = subprocess.run(
        [script / "manage", "check"], env=outside, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    assert house.postmaster() == before
