"""Codes that were mailed and wait to be typed in."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q

from kernel import ids

MOST_TRIES = 5


class Purpose(models.TextChoices):
    """What a code is good for."""

    SIGN_IN = "sign_in"
    OLD_EMAIL = "old_email"
    NEW_EMAIL = "new_email"


class Code(models.Model):
    """An open code of the browser that asked for it. `digest` is keyed; the address is sealed, for who types
    it in.
    """

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    purpose = models.CharField(max_length=9, choices=Purpose.choices)
    email_key = models.BinaryField(max_length=16)
    email = models.BinaryField()
    digest = models.BinaryField(max_length=16)
    tries = models.SmallIntegerField(default=0)
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        indexes: ClassVar[list[Any]] = [models.Index(fields=["email_key"], name="buyers_code_address")]
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(condition=Q(purpose__in=Purpose.values), name="buyers_code_purpose"),
            models.CheckConstraint(
                condition=Q(tries__gte=0, tries__lte=MOST_TRIES), name="buyers_code_tries"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.purpose} until {self.expires_at:%H:%M:%S}"
