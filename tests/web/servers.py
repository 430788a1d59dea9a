"""Little servers on real sockets, each misbehaving in one way."""

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

Behaviour = Callable[[socket.socket, threading.Event], None]


@dataclass
class Server:
    """A server on a port of 127.0.0.1. `heard` holds what each connection sent."""

    port: int
    heard: list[bytes] = field(default_factory=list)

    @property
    def pair(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        return f"http://{self.pair}/gateway?token=canary-query"


@contextlib.contextmanager
def serving(behave: Behaviour, *, tls: ssl.SSLContext | None = None) -> Iterator[Server]:
    """Serve every connection with `behave`, which gets the socket after the request was read."""
    over = threading.Event()
    listener = socket.create_server(("127.0.0.1", 0))
    server = Server(listener.getsockname()[1])

    def serve() -> None:
        while not over.is_set():
            try:
                taken, _ = listener.accept()
            except OSError:
                return
            with contextlib.suppress(OSError):
                line = tls.wrap_socket(taken, server_side=True) if tls else taken
                server.heard.append(_request(line))
                behave(line, over)
                line.close()
            taken.close()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        over.set()
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(5)


def answering(body: bytes = b"ok", *, status: str = "200 OK", headers: bytes = b"") -> Behaviour:
    """Answers properly."""

    def behave(line: socket.socket, over: threading.Event) -> None:
        length = b"Content-Length: %d\r\n" % len(body)
        line.sendall(b"HTTP/1.1 " + status.encode() + b"\r\n" + headers + length + b"\r\n" + body)

    return behave


def dripping(start: bytes) -> Behaviour:
    """Sends `start`, then a byte every 20 ms, and never ends."""

    def behave(line: socket.socket, over: threading.Event) -> None:
        line.sendall(start)
        while not over.wait(0.02):
            line.sendall(b"x")

    return behave


def silent(line: socket.socket, over: threading.Event) -> None:
    """Takes the request and says nothing until the test is over."""
    over.wait(10)


def hanging_up(line: socket.socket, over: threading.Event) -> None:
    """Takes the request and closes."""


def _request(line: socket.socket) -> bytes:
    read = b""
    while b"\r\n\r\n" not in read:
        chunk = line.recv(65_536)
        if not chunk:
            return read
        read += chunk
    head, _, body = read.partition(b"\r\n\r\n")
    length = next(
        (int(row.split(b":")[1]) for row in head.split(b"\r\n") if row.lower().startswith(b"content-length")),
        0,
    )
    while len(body) < length:
        body += line.recv(65_536)
    return head + b"\r\n\r\n" + body
