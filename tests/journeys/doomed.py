"""Processes that die at a named point of the sale, as by `kill -9`, in the middle of a real service.

One process is started and holds Django ready, with no connection open; for each deed it forks a child, which
arms the point by the environment and does the deed. So a death costs milliseconds instead of seconds.
"""

import base64
import importlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from tests.processes import ROOT


class Doomed:
    """Does a deed in a process that is to die at a point."""

    def __init__(self, env: Mapping[str, str]) -> None:
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 (open as long as the process)
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.journeys.doomed"],
            env={**os.environ, **env, "PYTHONPATH": f"{ROOT / 'platform'}{os.pathsep}{ROOT}"},
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
        )

    def die(self, point: str, deed: str, **facts: Any) -> None:
        """Do the deed and die at the point. Raises AssertionError where nobody died."""
        assert self._process.stdin is not None and self._process.stdout is not None
        print(
            json.dumps({"point": point, "deed": deed, "facts": facts}), file=self._process.stdin, flush=True
        )
        line = self._process.stdout.readline()
        assert line, self._words()
        said = json.loads(line)
        assert said["signal"] == signal.SIGKILL, f"Nobody died at {point}: {said['words']}"

    def end(self) -> None:
        """No more deeds."""
        self._process.communicate()
        self._log.close()

    def _words(self) -> str:
        self._process.wait(30)
        self._log.seek(0)
        return self._log.read().decode(errors="replace")[-4000:]


@contextmanager
def doomed(env: Mapping[str, str]) -> Iterator[Doomed]:
    """Ready to die, as often as is asked for."""
    ready = Doomed(env)
    try:
        yield ready
    finally:
        ready.end()


def _place(product: str, form: str, quantity: int) -> None:
    from payments.services import checkout
    from payments.services.baskets import Basket
    from payments.states import Device

    contact, address = f"doomed-{form}@example.com", "2001:db8:dead:" + form[:4] + "::1"
    checkout.buy(
        Basket(UUID(product), quantity, contact, "alipay.page", UUID(form), address, "en", Device.DESKTOP)
    )


def _open(order: str, method: str) -> None:
    from payments.models import Order
    from payments.services import attempts

    attempts.open(Order.objects.select_related("merchant").get(pk=order), method)


def _notice(token: str, body: str, content_type: str) -> None:
    from payments.channels.news import NoticeRequest
    from payments.services import notices

    notices.take(token, NoticeRequest(base64.b64decode(body), content_type, {}))


def _ask(payment: str) -> None:
    from payments.services import queries

    queries.ask(UUID(payment))


def _refund(payment: str, amount: int) -> None:
    from kernel.actors import SYSTEM
    from kernel.money import Money
    from payments.models import Payment
    from payments.services import refunds

    refunds.book(
        payment=Payment.objects.get(pk=payment), amount=Money(amount, "CNY"), reason="doomed", actor=SYSTEM
    )


def _renew(limit: int) -> None:
    from payments.subscriptions.services import renewals

    renewals.run(limit)


DEEDS: dict[str, Callable[..., None]] = {
    "place": _place,
    "open": _open,
    "notice": _notice,
    "ask": _ask,
    "refund": _refund,
    "renew": _renew,
}


def _main() -> None:
    import django

    # What is logged goes elsewhere than what is answered.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    django.setup()
    for line in sys.stdin:
        asked = json.loads(line)
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reading)
            _do(asked, writing)
        os.close(writing)
        with os.fdopen(reading) as said:
            words = said.read()
        _, status = os.waitpid(child, 0)
        print(json.dumps({"signal": os.WTERMSIG(status), "words": words}), file=answers, flush=True)


def _do(asked: dict[str, Any], writing: int) -> None:
    """In the child: what survives tells why."""
    from kernel import crash

    os.environ["CRASH_AT"] = asked["point"]
    importlib.reload(crash)
    words = "It came to its end."
    try:
        DEEDS[asked["deed"]](**asked["facts"])
    except Exception:
        words = traceback.format_exc()
    os.write(writing, words[-4000:].encode())
    os._exit(0)


if __name__ == "__main__":
    _main()
