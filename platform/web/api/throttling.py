"""How often a key may call. Counted by the process, and told to the database in strides.

A process may go on for a stride before it hears of the others: the limit holds to within a stride a process,
and costs one small statement in fifty requests.
"""

import threading
import time
from datetime import timedelta
from typing import Any

from django.conf import settings
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from web import limits

from .caller import caller_of
from .errors import TooManyRequests

STRIDE = 50
_WINDOW = timedelta(minutes=1)
_KEYS_MOST = 10_000


class ByKey(BaseThrottle):
    """`KEYWAY_API_PER_MINUTE` says how much a key of each book may."""

    _guard = threading.Lock()
    _own: dict[str, tuple[float, int]] = {}  # noqa: RUF012 - key → (end of its window, requests left in the stride)

    def allow_request(self, request: Request, view: Any) -> bool:  # noqa: ARG002 - Django REST Framework's
        """Count this request. Raises TooManyRequests."""
        caller = caller_of(request)
        if caller is None:
            return True
        whom, most = str(caller.key_id), settings.KEYWAY_API_PER_MINUTE[caller.book]
        if not self._has_left(whom):
            stride = max(1, min(STRIDE, most // 10))
            count, seconds = limits.add("api", whom, stride, per=_WINDOW)
            if count > most:
                raise TooManyRequests(seconds=seconds)
            self._grant(whom, seconds, stride - 1)
        return True

    @classmethod
    def forget(cls) -> None:
        """Ask the database at the next request."""
        with cls._guard:
            cls._own.clear()

    def _has_left(self, whom: str) -> bool:
        with self._guard:
            ends, left = self._own.get(whom, (0.0, 0))
            if left <= 0 or ends <= time.monotonic():
                return False
            self._own[whom] = (ends, left - 1)
            return True

    def _grant(self, whom: str, seconds: int, left: int) -> None:
        with self._guard:
            if len(self._own) >= _KEYS_MOST:
                self._own.clear()
            self._own[whom] = (time.monotonic() + seconds, left)
