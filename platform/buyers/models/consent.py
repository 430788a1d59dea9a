"""What was agreed to: the very words, by whom, for what, from when until when."""

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from kernel import ids


class ConsentText(models.Model):
    """The words that somebody saw, figures and names filled in. Other words are another row."""

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    kind = models.CharField(max_length=40)
    version = models.PositiveSmallIntegerField()
    language = models.CharField(max_length=10, choices=settings.LANGUAGES)
    text = models.TextField()
    sha256 = models.BinaryField(max_length=32)
    created_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                fields=["sha256", "kind", "version", "language"], name="consent_text_once"
            ),
            models.CheckConstraint(condition=Q(version__gte=1), name="consent_text_version"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.version} ({self.language})"


class Consent(models.Model):
    """One agreement. `buyer_key` is `keys.email_key`: who agrees needs no account."""

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    buyer_key = models.BinaryField(max_length=16)
    kind = models.CharField(max_length=40)
    text = models.ForeignKey(ConsentText, on_delete=models.PROTECT, related_name="+")
    subject_type = models.CharField(max_length=32)
    subject_id = models.UUIDField()
    at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                fields=["buyer_key", "kind", "subject_type", "subject_id"],
                condition=Q(ended_at__isnull=True),
                name="consent_one_in_force",
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True) | Q(ended_at__gte=F("at")), name="consent_ends_after"
            ),
        ]
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=["buyer_key", "id"], name="consent_of_buyer"),
            models.Index(fields=["subject_id"], name="consent_of_subject"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} since {self.at:%Y-%m-%d}"

    @property
    def key(self) -> str:
        """The consent's name in addresses: `cns_…`."""
        return ids.encode("cns", self.id)
