"""A receiver of webhooks on a real socket. Each path answers as it was told to, and all requests are kept."""

import contextlib
import socket
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import orjson

Answer = Callable[[BaseHTTPRequestHandler], None]


@dataclass(frozen=True)
class Heard:
    """One request."""

    path: str
    headers: dict[str, str]
    body: bytes
    at: float

    @property
    def json(self) -> dict[str, Any]:
        return orjson.loads(self.body)


@dataclass
class Sink:
    """`answers` by path; what is not told answers 200."""

    port: int
    heard: list[Heard] = field(default_factory=list)
    answers: dict[str, Answer] = field(default_factory=lambda: defaultdict(lambda: status(200)))
    over: threading.Event = field(default_factory=threading.Event)
    most_at_once: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    now_at: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def pair(self) -> str:
        return f"127.0.0.1:{self.port}"

    def url(self, path: str = "/hook") -> str:
        return f"http://{self.pair}{path}"

    def at(self, path: str = "/hook") -> list[Heard]:
        return [one for one in self.heard if one.path == path]

    @contextlib.contextmanager
    def counted(self, path: str) -> Iterator[None]:
        with self.lock:
            self.now_at[path] += 1
            self.most_at_once[path] = max(self.most_at_once[path], self.now_at[path])
        try:
            yield
        finally:
            with self.lock:
                self.now_at[path] -= 1


def status(code: int, body: bytes = b"", **headers: str) -> Answer:
    """Answers with a status."""

    def answer(to: BaseHTTPRequestHandler) -> None:
        to.send_response(code)
        for name, value in headers.items():
            to.send_header(name.replace("_", "-"), value)
        to.send_header("Content-Length", str(len(body)))
        to.end_headers()
        to.wfile.write(body)

    return answer


def in_turn(*answers: Answer) -> Answer:
    """One answer after another; the last one for ever."""
    left = list(answers)
    lock = threading.Lock()

    def answer(to: BaseHTTPRequestHandler) -> None:
        with lock:
            now = left.pop(0) if len(left) > 1 else left[0]
        now(to)

    return answer


def dripping(to: BaseHTTPRequestHandler) -> None:
    """Says 200, and then a byte at a time, and never ends."""
    to.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    over: threading.Event = to.server.sink.over  # type: ignore[attr-defined]
    while not over.wait(0.2):
        to.wfile.write(b"x")
        to.wfile.flush()


def gated(gate: threading.Event, then: Answer) -> Answer:
    """Answers once the gate is open."""

    def answer(to: BaseHTTPRequestHandler) -> None:
        gate.wait(30)
        then(to)

    return answer


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        sink: Sink = self.server.sink  # type: ignore[attr-defined]
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        sink.heard.append(Heard(self.path, headers, body, time.monotonic()))
        self.close_connection = True
        with sink.counted(self.path), contextlib.suppress(OSError):
            sink.answers[self.path](self)

    def log_message(self, *_: Any) -> None:
        """Says nothing."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    address_family = socket.AF_INET


@contextlib.contextmanager
def receiving() -> Iterator[Sink]:
    """A sink for a test."""
    server = _Server(("127.0.0.1", 0), _Handler)
    sink = server.sink = Sink(server.server_address[1])  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, args=[0.02], daemon=True)
    thread.start()
    try:
        yield sink
    finally:
        sink.over.set()
        server.shutdown()
        server.server_close()
        thread.join(5)
