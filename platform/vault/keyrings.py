"""The keys of one owner, unwrapped. Made at first use, kept in the process for ten minutes."""

import os
from dataclasses import dataclass, field
from functools import lru_cache
from uuid import UUID

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hmac import HMAC
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from kernel import ids
from kernel.recent import Recent
from prepared import Statement

from . import masters

PLATFORM = UUID(int=0)
"""The owner of what belongs to no merchant."""

SEALING, FINGERPRINT = "sealing", "fingerprint"

# A process goes on sealing under the version before a rotation for at most this long; both open.
_FRESH_SECONDS = 600.0
_MOST_OWNERS = 10_000

_LOAD = Statement("""
    SELECT use, version, master, wrapped, created_xid IS DISTINCT FROM pg_current_xact_id_if_assigned()
    FROM vault_data_key WHERE owner = $1::uuid
""")
_MAKE = Statement("""
    INSERT INTO vault_data_key (id, owner, use, version, master, wrapped)
    SELECT id, $1::uuid, use, 1, $2::smallint, wrapped
    FROM unnest($3::uuid[], $4::text[], $5::bytea[]) AS k (id, use, wrapped)
    ON CONFLICT (owner, use, version) DO NOTHING
""")
_DESTROY = Statement("DELETE FROM vault_data_key WHERE owner = $1::uuid")


@dataclass(frozen=True, slots=True)
class Keyring:
    """An owner's keys. `version` is the one that seals; `index` derives the fingerprint keys."""

    owner: UUID
    version: int
    ciphers: dict[int, AESGCM] = field(repr=False)
    index: bytes = field(repr=False)


class _Uncommitted(Exception):
    """Keys that this transaction has made: it may still be undone, so they are not kept."""

    def __init__(self, ring: Keyring) -> None:
        self.ring = ring
        super().__init__()


_recent: Recent[UUID, Keyring] = Recent(seconds=_FRESH_SECONDS, size=_MOST_OWNERS)


def of(owner: UUID) -> Keyring:
    """The keyring of `owner`, from the process's cache where it is fresh. Makes the keys at first use."""
    try:
        return _recent.get(owner, _committed)
    except _Uncommitted as fresh:
        return fresh.ring


def reload(owner: UUID) -> Keyring:
    """The keyring of `owner` as the database has it now."""
    _recent.forget()
    return of(owner)


def forget() -> None:
    """Empty this process's cache, as after a rotation."""
    _recent.forget()


def destroy(owner: UUID) -> None:
    """Take an owner's keys away: nothing that was sealed with them opens again, in this database or a backup.

    In the caller's transaction. Another process may go on opening for as long as it caches, ten minutes.
    """
    if owner == PLATFORM:
        raise ValueError("The platform's keys are not destroyed.")
    _DESTROY.run(owner)
    _recent.forget()


def fingerprint_mac(ring: Keyring, purpose: str) -> HMAC:
    """A prepared HMAC-SHA256 for one purpose; copy it for each value."""
    return _mac(ring.index, purpose)


@lru_cache(maxsize=4 * 4096)
def _mac(index: bytes, purpose: str) -> HMAC:
    info = b"keyway fingerprint " + purpose.encode()
    key = HKDF(algorithm=hashes.SHA256(), length=masters.KEY_BYTES, salt=None, info=info).derive(index)
    return HMAC(key, hashes.SHA256())


def label(owner: UUID, use: str, version: int) -> bytes:
    """What is bound to a wrapped key, so that the database cannot swap one for another."""
    return b"keyway data key %b %b %d" % (owner.bytes, use.encode(), version)


def _committed(owner: UUID) -> Keyring:
    ring, committed = _load(owner) or _make(owner)
    if not committed:
        raise _Uncommitted(ring)
    return ring


def _load(owner: UUID) -> tuple[Keyring, bool] | None:
    rows = _LOAD.rows(owner)
    if not rows:
        return None
    configured = masters.configured()
    keys = {
        (use, version): configured.unwrap(bytes(wrapped), master=master, label=label(owner, use, version))
        for use, version, master, wrapped, _ in rows
    }
    ciphers = {version: AESGCM(key) for (use, version), key in keys.items() if use == SEALING}
    ring = Keyring(owner, max(ciphers), ciphers, keys[FINGERPRINT, 1])
    return ring, all(committed for *_, committed in rows)


def _make(owner: UUID) -> tuple[Keyring, bool]:
    """Two processes may come here at once: the second waits for the first to commit, and loads its keys."""
    configured = masters.configured()
    uses = [SEALING, FINGERPRINT]
    keys = [configured.wrap(os.urandom(masters.KEY_BYTES), label=label(owner, use, 1)) for use in uses]
    _MAKE.run(owner, configured.primary, [ids.new() for _ in uses], uses, keys)
    made = _load(owner)
    if made is None:
        raise RuntimeError("Data keys were inserted and are not there; the vault needs READ COMMITTED.")
    return made
