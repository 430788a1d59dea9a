"""Tallies: how often somebody did something in the present window."""

from typing import Any, ClassVar

from django.db import models


class Tally(models.Model):
    """`key` is a keyed hash of what is counted and of whom, so the row tells nothing about a person."""

    key = models.BinaryField(primary_key=True, max_length=16)
    count = models.IntegerField()
    ends_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(condition=models.Q(count__gte=1), name="tally_count"),
        ]
        indexes: ClassVar[list[Any]] = [models.Index(fields=["ends_at"], name="tally_ends_at")]

    def __str__(self) -> str:
        return f"{self.count} until {self.ends_at:%H:%M:%S}"
