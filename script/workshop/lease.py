"""Who uses an embedded server: the last one to leave stops it.

Several commands of one folder may run at once (a server, a test, a management command). Each holds a shared
lock on the server's file while it needs it. The kernel gives a lock back when its holder dies, however it
dies, so the count is never wrong; a server left behind by a killed holder is found again, and stopped, by the
next one.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from workshop.places import LOCKS, private_folder


class Service(Protocol):
    """A server that can be started (nothing happens if it runs) and stopped."""

    name: str

    def start(self) -> None:
        """Start it unless it runs."""

    def stop(self) -> None:
        """Stop it if it runs."""

    def is_running(self) -> bool:
        """Whether it runs now."""


@contextmanager
def locked(file: Path, kind: int = fcntl.LOCK_EX) -> Iterator[int]:
    """A lock on a file for as long as the block lasts."""
    private_folder(file.parent)
    handle = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, kind)
        yield handle
    finally:
        os.close(handle)


@contextmanager
def held(service: Service) -> Iterator[None]:
    """The service runs while the block lasts; whoever leaves last stops it."""
    door = LOCKS / f"{service.name}.door"
    private_folder(LOCKS)
    users = os.open(LOCKS / f"{service.name}.users", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        with locked(door):
            service.start()
            fcntl.flock(users, fcntl.LOCK_SH)
        yield
    finally:
        with locked(door):
            if _is_last(users):
                service.stop()
        os.close(users)


def revive(service: Service) -> bool:
    """Start a service that we hold and that has stopped; whether it had."""
    if service.is_running():
        return False
    with locked(LOCKS / f"{service.name}.door"):
        service.start()
    return True


def _is_last(users: int) -> bool:
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
