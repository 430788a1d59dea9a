"""Checking a row before it is written, so that a person reads a sentence and not a database's error."""

from typing import TypeVar

from django.core.exceptions import ValidationError
from django.db import models

from kernel.errors import Invalid

Row = TypeVar("Row", bound=models.Model)


def checked(row: Row) -> Row:
    """The row itself, if its fields and constraints hold. Raises Invalid with the sentences by field."""
    try:
        row.full_clean()
    except ValidationError as error:
        raise Invalid(errors=error.message_dict) from error
    return row
