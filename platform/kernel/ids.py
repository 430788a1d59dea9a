"""Names of things: TypeIDs, a prefix that says what it is and a UUIDv7 that says which one.

They are stored as `uuid` and shown as `ord_01j…`. They are names, not secrets.
"""

from datetime import UTC, datetime
from functools import lru_cache
from uuid import UUID

from typeid import TypeID
from typeid.errors import TypeIDException
from uuid_utils.compat import uuid7

from . import clock
from .errors import NotFound

__all__ = ["decode", "encode", "made_at", "new"]


def new() -> UUID:
    """A new UUIDv7: sorted by the millisecond of its making, random after that."""
    told = clock.told()
    return uuid7() if told is None else uuid7(nanoseconds=int(told.timestamp() * 1_000_000) * 1_000)


def made_at(value: UUID) -> datetime:
    """When an id was made, to the millisecond, in UTC: on nobody's clock but the world's."""
    return datetime.fromtimestamp((value.int >> 80) / 1000, UTC)


@lru_cache(maxsize=4096)
def encode(prefix: str, value: UUID) -> str:
    """`encode("ord", …)` is `ord_` and 26 characters of Crockford's base 32."""
    # TypeID takes any UUID; its annotation names the faster one that it makes itself.
    return str(TypeID.from_uuid(prefix=prefix, suffix=value))  # type: ignore[arg-type]


def decode(prefix: str, text: str) -> UUID:
    """The UUID of a TypeID with this prefix. Raises NotFound for anything else."""
    try:
        name = TypeID.from_string(text)
    except (TypeIDException, ValueError) as error:
        raise NotFound(id=text[:64]) from error
    if name.prefix != prefix:
        raise NotFound(id=text[:64])
    return UUID(bytes=name.uuid.bytes)
