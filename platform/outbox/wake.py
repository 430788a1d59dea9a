"""The hint to the workers that events wait.

It is best effort: beat sweeps every few seconds anyway. So the sale only raises a flag; a thread of the
process talks to the broker, a few times a second at most, and a broker that is away or hangs costs the
sale nothing.
"""

import os
import threading
from collections.abc import Callable

import structlog
from celery import current_app
from django.conf import settings

_log = structlog.get_logger(__name__)

_INTERVAL_SECONDS = 0.25
_LONGEST_BACK_OFF_SECONDS = 8.0
# A hint that nobody takes in this time is dropped: the sweep has done its work.
_EXPIRES_SECONDS = 5


class Waker:
    """Calls `send` once for many hints, at most once in `interval` seconds, in a thread of its own."""

    def __init__(self, send: Callable[[], object], *, interval: float = _INTERVAL_SECONDS) -> None:
        self._send = send
        self._interval = interval
        self._reset()
        os.register_at_fork(after_in_child=self._reset)

    def _reset(self) -> None:
        self._wanted = threading.Event()
        self._pause = threading.Event()
        self._start = threading.Lock()
        self._thread: threading.Thread | None = None

    def hint(self) -> None:
        """Events wait. Returns at once."""
        self._wanted.set()
        if self._thread is None:
            self._run()

    def _run(self) -> None:
        with self._start:
            if self._thread is None:
                self._thread = threading.Thread(target=self._loop, name="outbox-wake", daemon=True)
                self._thread.start()

    def _loop(self) -> None:
        wait = self._interval
        while True:
            self._wanted.wait()
            self._wanted.clear()
            wait = self._interval if self._sent() else min(wait * 2, _LONGEST_BACK_OFF_SECONDS)
            self._pause.wait(wait)

    def _sent(self) -> bool:
        try:
            self._send()
        # Whatever a broker's client throws, the thread must live: it is the only one.
        except Exception as error:
            _log.warning("outbox.wake_failed", error=type(error).__name__)
            return False
        return True


def _send() -> None:
    current_app.send_task(
        "outbox.relay", queue="outbox", expires=_EXPIRES_SECONDS, retry=False, ignore_result=True
    )


_waker = Waker(_send)


def relay() -> None:
    """Hint that the relay has work. Without a broker there is nobody to tell."""
    if settings.CELERY_BROKER_URL:
        _waker.hint()
