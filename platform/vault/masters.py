"""Master keys: they come from the environment and wrap the data keys, nothing else."""

import os
from base64 import b64decode
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

from .errors import BadMasterKeys

KEY_BYTES = 32
_NONCE_BYTES = 12
# 32 random bytes have about 30 different values; fewer than 16 mean that somebody typed them.
_FEWEST_DIFFERENT_BYTES = 16
_HOW = "Write `number:base64 of 32 random bytes`, several separated by commas; the first wraps, all unwrap."


@dataclass(frozen=True)
class Masters:
    """The configured master keys. `primary` is the number of the one that wraps."""

    primary: int
    ciphers: dict[int, AESGCM] = field(repr=False)

    def wrap(self, key: bytes, *, label: bytes) -> bytes:
        """Wrap a data key under the primary master key; `label` is bound to it."""
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self.ciphers[self.primary].encrypt(nonce, key, label)

    def unwrap(self, wrapped: bytes, *, master: int, label: bytes) -> bytes:
        """The data key. Raises BadMasterKeys when key number `master` is not configured or not the same."""
        cipher = self.ciphers.get(master)
        if cipher is None:
            raise BadMasterKeys(f"KEYWAY_MASTER_KEYS has no key {master}, and data keys are wrapped by it.")
        try:
            return cipher.decrypt(wrapped[:_NONCE_BYTES], wrapped[_NONCE_BYTES:], label)
        except InvalidTag:
            raise BadMasterKeys(
                f"Key {master} of KEYWAY_MASTER_KEYS does not open a data key that it should have wrapped."
            ) from None


def configured() -> Masters:
    """The master keys of the settings. Raises BadMasterKeys, naming what is wrong and never the key."""
    return parse(settings.KEYWAY_MASTER_KEYS)


@lru_cache(maxsize=8)
def parse(text: str) -> Masters:
    """Read `1:<base64>[,2:<base64>…]`. Raises BadMasterKeys."""
    ciphers: dict[int, AESGCM] = {}
    for part in text.split(","):
        number, key = _read(part.strip())
        if number in ciphers:
            raise BadMasterKeys(f"KEYWAY_MASTER_KEYS names key {number} twice. {_HOW}")
        ciphers[number] = AESGCM(key)
    return Masters(primary=next(iter(ciphers)), ciphers=ciphers)


def refuse_examples(text: str) -> None:
    """Raise BadMasterKeys when a key was typed, not drawn: repeated bytes, a sequence, readable text."""
    for part in text.split(","):
        number, key = _read(part.strip())
        steps = {(after - before) % 256 for before, after in pairwise(key)}
        readable = all(32 <= byte < 127 for byte in key)
        if len(set(key)) < _FEWEST_DIFFERENT_BYTES or len(steps) == 1 or readable:
            raise BadMasterKeys(f"Key {number} of KEYWAY_MASTER_KEYS is an example, not 32 random bytes.")


def _read(part: str) -> tuple[int, bytes]:
    number, colon, encoded = part.partition(":")
    if not colon or not number.isascii() or not number.isdigit() or not 1 <= int(number) <= 32_767:
        raise BadMasterKeys(f"KEYWAY_MASTER_KEYS is missing or malformed. {_HOW}")
    try:
        key = b64decode(encoded, validate=True)
    except ValueError:
        raise BadMasterKeys(f"Key {number} of KEYWAY_MASTER_KEYS is not base64. {_HOW}") from None
    if len(key) != KEY_BYTES:
        raise BadMasterKeys(
            f"Key {number} of KEYWAY_MASTER_KEYS has {len(key)} bytes, not {KEY_BYTES}. {_HOW}"
        )
    return int(number), key
