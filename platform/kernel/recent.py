"""A small cache for configuration that changes slowly: bounded, and never older than a few seconds."""

import time
from collections.abc import Callable
from typing import ClassVar, Generic, TypeVar
from weakref import WeakSet

Key = TypeVar("Key")
Value = TypeVar("Value")


class Recent(Generic[Key, Value]):
    """What was loaded in the last `seconds`, at most `size` values of it, per process.

    With `revision`, a value counts only while `revision()` gives what it gave before the value was loaded.
    Threads may load the same key twice at once; the later load stays. A failed load keeps nothing.
    """

    _all: ClassVar["WeakSet[Recent]"] = WeakSet()  # type: ignore[type-arg]

    def __init__(self, *, seconds: float, size: int, revision: Callable[[], object] | None = None) -> None:
        self._seconds = seconds
        self._size = size
        self._revision = revision
        self._kept: dict[Key, tuple[float, object, Value]] = {}
        Recent._all.add(self)

    def get(self, key: Key, load: Callable[[Key], Value]) -> Value:
        """The value kept for `key`, or what `load(key)` gives now."""
        kept = self._kept.get(key)
        now = time.monotonic()
        revision = self._revision() if self._revision is not None else None
        if kept is not None and kept[0] > now and kept[1] == revision:
            return kept[2]
        value = load(key)
        if len(self._kept) >= self._size:
            # Throwing all away costs one round of loads; an order of use would cost something on every read.
            self._kept.clear()
        self._kept[key] = (now + self._seconds, revision, value)
        return value

    def forget(self) -> None:
        """Load anew from now on, in this process; others follow when their time is up."""
        self._kept.clear()

    @classmethod
    def forget_all(cls) -> None:
        """Forget every cache of the process, as a restart would."""
        for cache in list(cls._all):
            cache.forget()
