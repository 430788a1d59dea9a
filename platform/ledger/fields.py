"""Column types that Django does not know."""

from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

if TYPE_CHECKING:
    BigIntegers = models.BigIntegerField[int, int]
else:
    BigIntegers = models.BigIntegerField


class XidField(BigIntegers):
    """PostgreSQL's 64-bit transaction number. The database writes it."""

    def db_type(self, connection: BaseDatabaseWrapper) -> str:  # noqa: ARG002
        """`xid8`."""
        return "xid8"

    def from_db_value(self, value: str | int | None, *_: Any) -> int | None:
        """The driver gives it as text."""
        return None if value is None else int(value)
