"""Who is at the other end of the line, asked of a real Granian, by a client that lies."""

import http.client
import sys
from collections.abc import Iterator

import pytest

from tests.processes import Process, free_port, until

PROXY = [("Forwarded", "for=203.0.113.7;proto=https")]
LIES = [
    "X_Forwarded_For",
    "X-Forwarded-For",
    "x_forwarded_for",
    "X-Real-IP",
    "X_Real_IP",
    "X_Forwarded_Proto",
]


def ask(port: int, header: str, lines: list[tuple[str, str]]) -> str:
    """Whom the server takes us for, when these lines come from a trusted proxy."""
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        line.putrequest("GET", f"/{header}/")
        for name, value in lines:
            line.putheader(name, value)
        line.endheaders()
        return line.getresponse().read().decode()
    finally:
        line.close()


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of a Granian that serves `tests.web.echo`."""
    number, log = free_port(), tmp_path_factory.mktemp("echo") / "log"
    words = ["-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(number), "--no-ws"]
    size = ["--workers", "1", "--blocking-threads", "1", "tests.web.echo:application"]
    server = Process([sys.executable, *words, *size], {}, log)

    def answers() -> bool:
        try:
            return bool(ask(number, "forwarded", []))
        except OSError:
            return False

    try:
        until(answers, server.said)
        yield number
    finally:
        server.kill()


@pytest.mark.parametrize("name", LIES)
@pytest.mark.parametrize("first", [True, False])
def test_a16_no_other_header_moves_what_forwarded_says(port: int, name: str, first: bool):
    lie = [(name, "198.51.100.9")]
    assert ask(port, "forwarded", lie + PROXY if first else PROXY + lie) == "203.0.113.7 https"


def test_a_line_that_the_client_sent_before_the_proxys_own_does_not_count(port: int):
    lines = [("Forwarded", 'for="198.51.100.9;by="'), ("Forwarded", "for=198.51.100.9;proto=http"), *PROXY]
    assert ask(port, "forwarded", lines) == "203.0.113.7 https"


def test_granian_joins_both_spellings_of_the_other_header(port: int):
    """Why `x-forwarded-for` may be named only where the proxy drops underscores: this one is believed."""
    lines = [("X-Forwarded-For", "203.0.113.7"), ("X_Forwarded_For", "198.51.100.9")]
    assert ask(port, "x-forwarded-for", lines) == "198.51.100.9"
