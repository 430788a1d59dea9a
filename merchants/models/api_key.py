"""API keys: what programs of a merchant act with."""

from datetime import datetime
from typing import Any, ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext

from kernel import ids
from kernel.books import Book

from ..key_texts import HINT, prefix
from ..scopes import NAMES, Scope
from .merchant import Merchant
from .user import User


class ApiKey(models.Model):
    """A key of one merchant in one book. Only a digest of it is kept, and its last letters for its owner.

    A rolled key names its successor's predecessor: `replaces`. `last_used_at` is minutes old.
    """

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    merchant = models.ForeignKey(
        Merchant, on_delete=models.PROTECT, related_name="api_keys", db_constraint=False
    )
    book = models.CharField(max_length=8, choices=[(b.value, b.value) for b in Book])
    name = models.CharField(max_length=60)
    digest = models.BinaryField(max_length=32)
    hint = models.CharField(max_length=HINT)
    scopes = ArrayField(models.CharField(max_length=24))
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    replaces = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="replaced_by", editable=False
    )

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["digest"], name="api_key_digest_once"),
            models.CheckConstraint(condition=Q(book__in=list(Book)), name="api_key_book"),
            models.CheckConstraint(condition=~Q(name=""), name="api_key_named"),
            models.CheckConstraint(
                condition=Q(scopes__contained_by=[str(scope) for scope in Scope]) & Q(scopes__len__gt=0),
                name="api_key_scopes",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.shown})"

    @property
    def key(self) -> str:
        """The key's name in addresses and in the trail: `apk_…`; not the key."""
        return ids.encode("apk", self.id)

    @property
    def shown(self) -> str:
        """As its owner may see it: `kw_test_…x7Qp`."""
        return f"{prefix(Book(self.book))}…{self.hint}"

    @property
    def scope_names(self) -> list[str]:
        """Its scopes in words."""
        return [gettext(NAMES[Scope(scope)]) for scope in self.scopes]

    def is_usable(self, at: datetime) -> bool:
        """Whether it opens anything."""
        return self.revoked_at is None and (self.expires_at is None or self.expires_at > at)
