"""The one HTTP client of Keyway. Whatever leaves the house leaves through `send`.

It resolves once, checks every address, connects to a checked one under the original name, follows no
redirect, and keeps three deadlines and a size limit. Nothing is sent twice: whether to ask again is the
caller's decision.

Every failure is a `NoAnswer` (or `Refused`) whose `sent` says what it means for money: False, nothing left
this machine, so it may be tried anew; True, the other side may have acted, so the outcome is *unknown* until
asked.
"""

import http.client
import socket
import ssl
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import structlog
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError
from urllib3.response import BaseHTTPResponse

from kernel.errors import Problem, said

from .destinations import Destination, Refused, Resolver, find, resolve

__all__ = ["Answer", "Limits", "NoAnswer", "Refused", "TimedOut", "TooLarge", "Unreachable", "check", "send"]

_log = structlog.get_logger(__name__)
_CHUNK = 65_536


@dataclass(frozen=True, slots=True)
class Limits:
    """How long and how much, in seconds and bytes. `total` runs from the name to the last byte.

    With `cut_body`, an answer that is longer than `response_bytes` ends there; without, it is TooLarge.
    """

    connect: float = 3.0
    read: float = 10.0
    total: float = 15.0
    response_bytes: int = 1_048_576
    cut_body: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """What the other side said, whatever the status. Names of `headers` are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class NoAnswer(Problem):
    """No whole answer came. `sent`: whether the request may have reached the other side."""

    code, status, title = "web.no_answer", 502, said("The other side did not answer.")
    advice = said("It is asked again until the outcome is known. You will not be charged twice.")

    def __init__(self, *, sent: bool, host: str) -> None:
        self.sent = sent
        super().__init__(sent=sent, host=host)


class TimedOut(NoAnswer):
    """A deadline passed."""

    code, status, title = "web.timed_out", 504, said("The other side did not answer in time.")


class Unreachable(NoAnswer):
    """No connection, or one that broke off or made no sense."""

    code, title = "web.unreachable", said("The other side cannot be reached.")


class TooLarge(NoAnswer):
    """The answer was larger than the limit; the rest of it was not read."""

    code, title = "web.answer_too_large", said("The other side answered with too much.")


def send(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    body: bytes = b"",
    limits: Limits = Limits(),
    resolver: Resolver = resolve,
    trust: ssl.SSLContext | None = None,
) -> Answer:
    """Send one request and read the whole answer. Raises Refused, TimedOut, Unreachable or TooLarge.

    `trust` is for a channel with a certificate authority of its own; without it the system's are trusted.
    """
    deadline = time.monotonic() + limits.total
    host = "?"
    try:
        destination = _find(url, resolver, min(limits.connect, limits.total))
        host = destination.host
        answer = _Exchange(destination, limits, deadline, trust or _system_trust()).run(
            method, headers or {}, body
        )
    except (NoAnswer, Refused) as problem:
        sent = problem.sent
        _log.warning("outgoing.failed", method=method, host=host, code=problem.code, sent=sent)
        raise
    # Paths, queries, headers and bodies carry tokens and keys: none of them is logged.
    _log.info("outgoing.answered", method=method, host=host, status=answer.status, bytes=len(answer.body))
    return answer


def check(url: str, *, resolver: Resolver = resolve, seconds: float = 3.0) -> None:
    """Raise what `send` would raise before anything is sent: Refused, or NoAnswer where no name is found."""
    _find(url, resolver, seconds)


def _find(url: str, resolver: Resolver, seconds: float) -> Destination:
    """Find the destination within `seconds`: the system's resolver knows no deadline, so it gets a thread."""
    found: list[Destination | BaseException] = []

    def look_up() -> None:
        try:
            found.append(find(url, resolver=resolver))
        except BaseException as error:  # handed to the caller's thread
            found.append(error)

    thread = threading.Thread(target=look_up, daemon=True, name="resolve")
    thread.start()
    thread.join(seconds)
    if not found:
        raise TimedOut(sent=False, host="?")
    if isinstance(found[0], (OSError, UnicodeError)):
        raise Unreachable(sent=False, host="?") from found[0]
    if isinstance(found[0], BaseException):
        raise found[0]
    return found[0]


class _Exchange:
    """One connection, one request, one answer."""

    def __init__(
        self, destination: Destination, limits: Limits, deadline: float, trust: ssl.SSLContext
    ) -> None:
        self.destination, self.limits, self.deadline, self.trust = destination, limits, deadline, trust
        self.sent = False
        self.cut = False

    def run(self, method: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Connect, send, read."""
        raw = self._connected()
        # A peer that drips a byte a second never meets the read deadline, so the total one cuts the line.
        line = raw.dup()
        watchdog = threading.Timer(max(0.0, self.deadline - time.monotonic()), self._cut, [line])
        watchdog.daemon = True
        watchdog.start()
        connection = self._connection(raw)
        try:
            return self._asked(connection, method, headers, body)
        except (TimeoutError, HTTPError, http.client.HTTPException, OSError) as error:
            raise self._failure(error) from error
        finally:
            watchdog.cancel()
            connection.close()
            line.close()

    def _connected(self) -> socket.socket:
        """A socket to the first checked address that takes one."""
        until = min(self.deadline, time.monotonic() + self.limits.connect)
        failure: OSError = OSError("no address")
        for address in self.destination.addresses:
            left = until - time.monotonic()
            if left <= 0:
                break
            try:
                return socket.create_connection((address, self.destination.port), timeout=left)
            except OSError as error:
                failure = error
        raise self._failure(failure if time.monotonic() < until else TimeoutError()) from failure

    def _connection(self, raw: socket.socket) -> HTTPConnection:
        host, port, read = self.destination.host, self.destination.port, self.limits.read
        raw.settimeout(read)
        if self.destination.scheme == "https":
            return _PinnedHTTPS(raw, host, port, timeout=read, ssl_context=self.trust)
        return _PinnedHTTP(raw, host, port, timeout=read)

    def _asked(
        self, connection: HTTPConnection, method: str, headers: Mapping[str, str], body: bytes
    ) -> Answer:
        connection.connect()  # for https: the handshake, with the original name
        if self.cut:
            raise TimeoutError
        self.sent = True
        asked = {"User-Agent": "Keyway", "Accept-Encoding": "identity", **headers}
        connection.request(method, self.destination.target, body=body, headers=asked, preload_content=False)
        response = connection.getresponse()
        body_read = self._body(response)
        if self.cut:
            raise TimeoutError
        return Answer(response.status, {name.lower(): v for name, v in response.headers.items()}, body_read)

    def _body(self, response: BaseHTTPResponse) -> bytes:
        """The body, as it came: a compressed one would unfold beyond any limit, and none was asked for."""
        if response.headers.get("Content-Encoding", "identity").lower() != "identity":
            raise http.client.HTTPException("a compressed answer")
        parts: list[bytes] = []
        left = self.limits.response_bytes
        while chunk := response.read(min(_CHUNK, left + 1), decode_content=False):
            left -= len(chunk)
            parts.append(chunk)
            if left < 0:
                if self.limits.cut_body:
                    break
                raise TooLarge(sent=True, host=self.destination.host)
        return b"".join(parts)[: self.limits.response_bytes]

    def _cut(self, line: socket.socket) -> None:
        self.cut = True
        try:
            line.shutdown(socket.SHUT_RDWR)
        except OSError:
            return  # it ended by itself a moment before

    def _failure(self, error: BaseException) -> NoAnswer:
        late = self.cut or isinstance(error, TimeoutError) or isinstance(error.__cause__, TimeoutError)
        kind = TimedOut if late else Unreachable
        return kind(sent=self.sent, host=self.destination.host)


@lru_cache(maxsize=1)
def _system_trust() -> ssl.SSLContext:
    return ssl.create_default_context()


class _PinnedHTTP(HTTPConnection):
    """Speaks over a socket that is connected to a checked address already."""

    def __init__(self, raw: socket.socket, host: str, port: int, *, timeout: float) -> None:
        super().__init__(host, port, timeout=timeout)
        self._raw = raw

    def _new_conn(self) -> socket.socket:
        return self._raw


class _PinnedHTTPS(HTTPSConnection):
    """The same under TLS: name and certificate are checked against the original host."""

    def __init__(
        self, raw: socket.socket, host: str, port: int, *, timeout: float, ssl_context: ssl.SSLContext
    ) -> None:
        super().__init__(host, port, timeout=timeout, ssl_context=ssl_context)
        self._raw = raw

    def _new_conn(self) -> socket.socket:
        return self._raw
