"""Wakes the notifier at once when something is due; without it, it looks every second."""

import threading

_rung = threading.Event()


def ring() -> None:
    """Something is due now."""
    _rung.set()


def wait(seconds: float) -> None:
    """Until somebody rings, at most `seconds`."""
    _rung.wait(seconds)
    _rung.clear()
