"""The load: a process of its own that sends prepared requests over a few connections and times the answers.

It reads pickled orders from its standard input and writes pickled results to its standard output, so that
nothing is computed while the clock runs. Started by `Buyers`.
"""

import pickle
import resource
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

Request = bytes
Unit = list[Request]
"""What one buyer does in a row: place, notice, or both."""


@dataclass(frozen=True)
class Task:
    """Units to work off by so many connections, which are shared out among the ports by turns.

    `rate` is units a second; None: as fast as they go.
    """

    ports: list[int]
    connections: int
    units: list[Unit]
    rate: float | None = None


@dataclass(frozen=True)
class Answer:
    """What came back, and after how many seconds."""

    status: int
    location: str
    body: bytes
    seconds: float


@dataclass(frozen=True)
class Done:
    """The answers of each unit, the seconds of it all, and the seconds of CPU of the load itself."""

    answers: list[list[Answer]]
    seconds: float
    cpu: float


class Buyers:
    """The process, from outside."""

    def __enter__(self) -> "Buyers":
        # Imported, not run as a script: both sides must know the pickled classes by the same name.
        code = f"import sys; sys.path.append({str(Path(__file__).parent)!r}); import _buyers; _buyers.serve()"
        self._process = subprocess.Popen(
            [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()

    def run(self, task: Task) -> Done:
        """Send it all and wait for the end."""
        if self._process.stdin is None or self._process.stdout is None:
            raise RuntimeError("The buyers have no pipes.")
        pickle.dump(task, self._process.stdin)
        self._process.stdin.flush()
        done: Done = pickle.load(self._process.stdout)
        return done


@dataclass
class _Work:
    units: Sequence[Unit]
    rate: float | None
    began: float = 0.0
    next_unit: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)
    answers: dict[int, list[Answer]] = field(default_factory=dict)
    errors: list[BaseException] = field(default_factory=list)

    def take(self) -> int | None:
        with self.lock:
            place = self.next_unit
            self.next_unit += 1
        return place if place < len(self.units) else None


def _connect(port: int) -> socket.socket:
    line = socket.create_connection(("127.0.0.1", port), timeout=30)
    line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return line


def _buy(work: _Work, line: socket.socket, barrier: threading.Barrier) -> None:
    try:
        barrier.wait()
        while (place := work.take()) is not None:
            due = time.perf_counter()
            if work.rate is not None:
                # The clock runs from the moment when the buyer came, whether or not somebody was free.
                due = work.began + place / work.rate
                time.sleep(max(0.0, due - time.perf_counter()))
            answers = []
            for request in work.units[place]:
                line.sendall(request)
                status, location, body = _answer(line)
                now = time.perf_counter()
                answers.append(Answer(status, location, body, now - due))
                due = now
            work.answers[place] = answers
    except BaseException as error:
        work.errors.append(error)


def _answer(line: socket.socket) -> tuple[int, str, bytes]:
    """Read one answer; its body is small, and comes with a length or in one chunk."""
    got = b""
    while b"\r\n\r\n" not in got:
        got += _more(line)
    head, _, body = got.partition(b"\r\n\r\n")
    first, *lines = head.split(b"\r\n")
    pairs = (one.partition(b":") for one in lines)
    headers = {name.lower(): value.strip() for name, _, value in pairs}
    if headers.get(b"transfer-encoding") == b"chunked":
        while not body.endswith(b"0\r\n\r\n"):
            body += _more(line)
        body = body.split(b"\r\n", 2)[1]
    else:
        while len(body) < int(headers.get(b"content-length", b"0")):
            body += _more(line)
    return int(first.split()[1]), headers.get(b"location", b"").decode(), body[:200]


def _more(line: socket.socket) -> bytes:
    more = line.recv(65_536)
    if not more:
        raise ConnectionError("the server hung up")
    return more


def _run(task: Task) -> Done:
    work = _Work(task.units, task.rate)
    lines = [_connect(task.ports[place % len(task.ports)]) for place in range(task.connections)]
    barrier = threading.Barrier(task.connections + 1)
    threads = [threading.Thread(target=_buy, args=(work, line, barrier)) for line in lines]
    for thread in threads:
        thread.start()
    used = _cpu()
    work.began = time.perf_counter()
    barrier.wait()
    for thread in threads:
        thread.join()
    seconds, used = time.perf_counter() - work.began, _cpu() - used
    for line in lines:
        line.close()
    if work.errors:
        raise work.errors[0]
    return Done([work.answers[place] for place in range(len(task.units))], seconds, used)


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def serve() -> None:
    """Work off tasks until the parent closes the pipe."""
    while True:
        try:
            task = pickle.load(sys.stdin.buffer)
        except EOFError:
            return
        done = _run(task)
        pickle.dump(done, sys.stdout.buffer)
        sys.stdout.buffer.flush()
