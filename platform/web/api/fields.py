"""Values as the API writes and reads them: names, money, times, whole numbers."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _
from drf_spectacular.drainage import set_override
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from kernel import ids
from kernel.errors import NotFound
from kernel.money import Money

INT_MOST = 2**63 - 1
CURRENCY = "^[A-Z]{3,5}$"
_SUFFIX = "[0-7][0-9a-hjkmnp-tv-z]{25}"


def pattern_of(prefix: str) -> str:
    """How a TypeID of this prefix looks."""
    return f"^{prefix}_{_SUFFIX}$"


def id_schema(prefix: str) -> dict[str, Any]:
    """How a TypeID of this prefix looks, for the documents."""
    return {
        "type": "string",
        "pattern": pattern_of(prefix),
        "example": ids.encode(prefix, UUID("01935a6f-2d1c-7b3e-9f4a-5c6d7e8f9a0b")),
    }


class IdField(serializers.Field[Any, Any, str, Any]):
    """A TypeID such as `ord_01j…`. Read from a request it becomes a UUID."""

    default_error_messages = {"missing": _("There is no such object.")}  # noqa: RUF012

    def __init__(self, prefix: str, **kwargs: Any) -> None:
        self.prefix = prefix
        super().__init__(**kwargs)
        # The documents take what is annotated on the instance.
        set_override(self, "field", id_schema(prefix))

    def to_representation(self, value: UUID) -> str:
        """The id with its prefix."""
        return ids.encode(self.prefix, value)

    def to_internal_value(self, data: Any) -> UUID:
        """The UUID in it."""
        try:
            return ids.decode(self.prefix, data if isinstance(data, str) else "")
        except NotFound:
            self.fail("missing")


MONEY_SCHEMA = {
    "type": "object",
    "title": "Money",
    "description": "Whole minor units of a currency: 1050 CNY is 10.50 yuan, 1050 JPY is 1050 yen.",
    "required": ["amount", "currency"],
    "additionalProperties": False,
    "properties": {
        "amount": {"type": "integer", "format": "int64", "example": 1050},
        "currency": {"type": "string", "pattern": CURRENCY, "example": "CNY"},
    },
}


@extend_schema_field({"$ref": "#/components/schemas/Money"})
class MoneyField(serializers.Field[Any, Any, dict[str, Any], Any]):
    """`{"amount": 1050, "currency": "CNY"}`: minor units, never a decimal."""

    default_error_messages = {  # noqa: RUF012
        "shape": _("Send an object with amount, a whole number of minor units, and currency."),
        "range": _("The amount must be above zero and not beyond what a payment can be."),
    }
    least, most = 1, 100_000_000_000

    def to_representation(self, value: Money) -> dict[str, Any]:
        """Minor units and currency."""
        return {"amount": value.amount, "currency": value.currency}

    def to_internal_value(self, data: Any) -> Money:
        """The same as Money."""
        if not isinstance(data, Mapping) or set(data) != {"amount", "currency"}:
            self.fail("shape")
        amount, currency = data["amount"], data["currency"]
        if type(amount) is not int or not isinstance(currency, str) or not 3 <= len(currency) <= 5:
            self.fail("shape")
        if not self.least <= amount <= self.most:
            self.fail("range")
        return Money(amount, currency)


@extend_schema_field({"type": "string", "format": "date-time", "example": "2026-11-22T08:40:12.345Z"})
class TimestampField(serializers.Field[Any, Any, str, Any]):
    """A moment in UTC, RFC 3339, to the millisecond."""

    default_error_messages = {"shape": _("Send a time such as 2026-11-22T08:40:12Z.")}  # noqa: RUF012

    def to_representation(self, value: datetime) -> str:
        """With `Z` at the end."""
        return timestamp(value)

    def to_internal_value(self, data: Any) -> datetime:
        """A moment that says its distance to UTC."""
        try:
            moment = datetime.fromisoformat(data if isinstance(data, str) and len(data) <= 40 else "")
        except ValueError:
            self.fail("shape")
        if moment.tzinfo is None or not 1970 < moment.year < 9000:
            self.fail("shape")
        return moment


class WholeField(serializers.IntegerField):
    """A whole number, and nothing that could be taken for one: no text, no 1.0, no true."""

    def to_internal_value(self, data: Any) -> int:
        """The number itself."""
        if type(data) is not int:
            self.fail("invalid")
        return data


class TextField(serializers.CharField):
    """A text, and nothing that could be turned into one."""

    def to_internal_value(self, data: Any) -> str:
        """The text itself."""
        if not isinstance(data, str):
            self.fail("invalid")
        return str(super().to_internal_value(data))


class FlagField(serializers.BooleanField):
    """true or false, and nothing that could be taken for them."""

    def to_internal_value(self, data: Any) -> bool:
        """The flag itself."""
        if not isinstance(data, bool):
            self.fail("invalid", input=str(data)[:40])
        return data


def timestamp(moment: datetime) -> str:
    """RFC 3339 in UTC, to the millisecond."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
