"""A small cache for what changes slowly and is read with every sale: bounded, a few seconds old at most."""

import time
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Recent(Generic[K, V]):
    """Remembers what `load` gave for a key for `seconds`. Refusals (exceptions) are not remembered.

    Two threads may load the same key at once; each then keeps what it got.
    """

    def __init__(self, *, seconds: float, most: int) -> None:
        self._seconds, self._most = seconds, most
        self._kept: dict[K, tuple[float, V]] = {}

    def get(self, key: K, load: Callable[[K], V]) -> V:
        """What is remembered and fresh, else what `load` gives now."""
        kept = self._kept.get(key)
        now = time.monotonic()
        if kept is not None and kept[0] > now:
            return kept[1]
        # The age counts from before the load: what is read is at least as new as that.
        return self._keep(key, now, load(key))

    def get_many(self, keys: Sequence[K], load: Callable[[list[K]], dict[K, V]]) -> dict[K, V]:
        """The same for several keys; `load` is called once, with those that are not fresh, if any."""
        now = time.monotonic()
        found = {key: kept[1] for key in keys if (kept := self._kept.get(key)) is not None and kept[0] > now}
        missing = [key for key in keys if key not in found]
        if missing:
            for key, value in load(missing).items():
                found[key] = self._keep(key, now, value)
        return found

    def forget(self, key: K | None = None) -> None:
        """Drop one key, or all."""
        if key is None:
            self._kept.clear()
        else:
            self._kept.pop(key, None)

    def _keep(self, key: K, since: float, value: V) -> V:
        if len(self._kept) >= self._most:
            self._kept.clear()
        self._kept[key] = (since + self._seconds, value)
        return value
