"""script/server [--port N] [--sandbox-port N] [--host H] [--workers N]: prepares this folder and
runs Keyway.

Web, sandbox, worker and beat run under one supervisor until Ctrl-C. Data stay in `.keyway/`.
"""

import argparse
import fcntl
import http.client
import os
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from workshop import ports
from workshop.commands.setup import prepare
from workshop.console import paint, say, step
from workshop.demo import sign_ins
from workshop.environment import SANDBOX_PORT, WEB_PORT, environment
from workshop.lease import locked
from workshop.management import manage
from workshop.places import DATA, LOCKS, PYTHON
from workshop.services import DEVELOPMENT, Running, running
from workshop.supervisor import Child, Supervisor
from workshop.trouble import Trouble

PORT_WAIT_SECONDS = 4.0
THREADS = 8


def main(words: Sequence[str]) -> int:
    """Run the server until it is told to stop."""
    chosen = _parse(words)
    with _alone(), ExitStack() as stack:
        for port in (chosen.port, chosen.sandbox_port):
            _refuse_taken(chosen.host, port)
        prepare("local")
        stack.callback(say, "Stopped.")
        with step("Starting PostgreSQL and Redis"):
            up = stack.enter_context(running(DEVELOPMENT))
        env = environment(up.addresses | _faces(chosen))
        _migrate(env)
        return _supervise(chosen, env, up, sign_ins(env))


def _parse(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="script/server", description=(__doc__ or "").partition(": ")[2])
    env = os.environ
    parser.add_argument("--port", type=_port, default=env.get("KEYWAY_PORT", str(WEB_PORT)))
    parser.add_argument(
        "--sandbox-port", type=_port, default=env.get("KEYWAY_SANDBOX_PORT", str(SANDBOX_PORT))
    )
    parser.add_argument(
        "--host",
        default="127.0.0.1",
        help="where to listen; 127.0.0.1 unless said otherwise. Cookies are secure: plain http signs in"
        " and buys only at 127.0.0.1 and localhost (not in Safari); else put https before it",
    )
    parser.add_argument("--workers", type=int, default=2, help="processes that answer pages")
    chosen = parser.parse_args(words)
    if chosen.port == chosen.sandbox_port:
        raise Trouble(f"The web and the sandbox cannot both listen on port {chosen.port}.")
    return chosen


def _port(text: str) -> int:
    if not text.isdigit() or not 0 < int(text) < 65536:
        raise argparse.ArgumentTypeError(f"{text!r} is no port")
    return int(text)


@contextmanager
def _alone() -> Iterator[None]:
    """One server in one folder."""
    note = LOCKS / "server.pid"
    try:
        with locked(LOCKS / "server", fcntl.LOCK_EX | fcntl.LOCK_NB):
            note.write_text(str(os.getpid()))
            yield
    except BlockingIOError:
        who = note.read_text() if note.exists() else "unknown"
        raise Trouble(f"Keyway runs in this folder already (process {who}).") from None


def _refuse_taken(host: str, port: int) -> None:
    # A server that was killed a moment ago may still be leaving.
    deadline = time.monotonic() + PORT_WAIT_SECONDS
    while not ports.is_free(port, host):
        if time.monotonic() > deadline:
            flag = "--sandbox-port" if port == SANDBOX_PORT else "--port"
            raise Trouble(f"Port {port} is taken: stop what listens there, or choose another with {flag}.")
        time.sleep(0.2)


def _faces(chosen: argparse.Namespace) -> dict[str, str]:
    """Where the two faces are, for those who make links to them."""
    return {
        "KEYWAY_URL": f"http://127.0.0.1:{chosen.port}",
        "KEYWAY_SANDBOX_URL": f"http://127.0.0.1:{chosen.sandbox_port}",
        "OUTGOING_ALLOW": f"127.0.0.1:{chosen.sandbox_port}",
    }


def _migrate(env: Mapping[str, str]) -> None:
    with step("Bringing the database up to date"):
        manage(env, "migrate", "--noinput")


def _supervise(chosen: argparse.Namespace, env: dict[str, str], up: Running, demo: str) -> int:
    sandbox = env | {"KEYWAY_ROLE": "sandbox"}
    celery: list[str | Path] = [PYTHON, "-m", "celery", "--quiet", "-A", "keyway"]
    # A root user knows who they are; the worker need not say so in ten lines.
    hushed = env | {"PYTHONWARNINGS": "ignore:You're running the worker with superuser"}
    lonely = ["--without-gossip", "--without-mingle"]
    children = [
        Child("web", _granian(chosen.host, chosen.port, chosen.workers), env, "Started worker"),
        Child("sandbox", _granian(chosen.host, chosen.sandbox_port, 1), sandbox, "Started worker"),
        Child(
            "worker", [*celery, "worker", "--concurrency=2", "--loglevel=INFO", *lonely], hushed, " ready."
        ),
        Child("beat", [*celery, "beat", "--loglevel=WARNING", "--pidfile="], env),
    ]

    def is_ready() -> bool:
        return _answers(chosen.host, chosen.port) and _answers(chosen.host, chosen.sandbox_port)

    return Supervisor(children, up.embedded).run(is_ready, lambda: _announce(env, demo, chosen.host))


def _granian(host: str, port: int, workers: int) -> list[str | Path]:
    # Every thread holds a connection to the database, which has 200 of them.
    size = ["--workers", str(workers), "--blocking-threads", str(THREADS), "--backpressure", str(THREADS * 8)]
    where = ["--host", host, "--port", str(port), "--no-ws", "--workers-kill-timeout", "5"]
    return [PYTHON, "-m", "granian", "--interface", "wsgi", *where, *size, "keyway.wsgi:application"]


def _answers(host: str, port: int) -> bool:
    """Whether a page comes, whatever it says."""
    line = http.client.HTTPConnection("127.0.0.1" if host == "0.0.0.0" else host, port, timeout=2)
    try:
        line.request("HEAD", "/")
        return line.getresponse().status < 500
    except (OSError, http.client.HTTPException):
        return False
    finally:
        line.close()


def caution(host: str) -> str:
    """What who listens on `host` should know; nothing where only this machine can come."""
    if host == "localhost" or host.startswith("127."):
        return ""
    return (
        f"It listens on {host}: over plain http one signs in and buys only on this machine, since cookies"
        " are secure. For another machine put https before it: docs/proxies.md"
    )


def _announce(env: Mapping[str, str], demo: str, host: str) -> None:
    ruler = paint("─" * 78, "green")
    say(f"\n{ruler}\n  {paint('Keyway runs.', 'bold')}  Ctrl-C stops it; its data stay in {DATA}\n")
    say(f"  Keyway    {env['KEYWAY_URL']}\n  Sandbox   {env['KEYWAY_SANDBOX_URL']}\n")
    for line in re.sub(r"\x1b\[[0-9;]*m", "", demo).rstrip().splitlines():
        say(f"  {line}")
    if warning := caution(host):
        say(f"\n  {paint(warning, 'yellow')}")
    say(f"\n  A demo user's second factor:  script/code USER\n{ruler}\n")
