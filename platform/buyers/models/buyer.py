"""Buyers and the addresses they had before."""

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

import vault
from kernel import ids

EMAIL = "buyers.buyer.email"


class Buyer(models.Model):
    """Somebody who has shown that an e-mail address is theirs.

    `email` is sealed under the buyer's own keys, which erasure destroys. `session_epoch` is the number that
    a session must bear: counting it up signs out everywhere.
    """

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    email = models.BinaryField()
    email_key = models.BinaryField(max_length=16, null=True)
    language = models.CharField(max_length=10, choices=settings.LANGUAGES)
    session_epoch = models.IntegerField(default=1)
    created_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    erased_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["email_key"], name="buyer_email_once"),
            models.CheckConstraint(
                condition=Q(erased_at__isnull=True, email_key__isnull=False) & ~Q(email=b"")
                | Q(erased_at__isnull=False, email_key__isnull=True, email=b""),
                name="buyer_erased_whole",
            ),
            models.CheckConstraint(condition=Q(session_epoch__gte=1), name="buyer_session_epoch"),
        ]

    def __str__(self) -> str:
        return self.key

    @property
    def key(self) -> str:
        """The buyer's name in the back office: `byr_…`."""
        return ids.encode("byr", self.id)

    @property
    def address(self) -> str:
        """The e-mail address, opened: for the buyer's own pages and mails."""
        return vault.open(self.id, self.email, context=EMAIL, row=self.id).decode()


class FormerEmail(models.Model):
    """An address that a buyer had until a day: what was bought with it before stays theirs to see."""

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    buyer = models.ForeignKey(Buyer, on_delete=models.PROTECT, related_name="former_emails")
    email_key = models.BinaryField(max_length=16)
    until = models.DateTimeField()

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["buyer", "email_key"], name="former_email_once"),
        ]

    def __str__(self) -> str:
        return f"until {self.until:%Y-%m-%d}"
