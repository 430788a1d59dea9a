"""Stores: what a buyer visits."""

from typing import Any, ClassVar

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q

from kernel import ids
from kernel.books import Book

from ..states import StoreStatus
from .merchant import Merchant
from .texts import Bilingual

SLUG = r"^[a-z0-9]+(-[a-z0-9]+)*$"
ACCENT = r"^#[0-9a-f]{6}$"


class Store(models.Model):
    """A merchant's shop. A twin's is named `<slug>-test`, so that no address can be taken for a live one."""

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    merchant = models.ForeignKey(
        Merchant, on_delete=models.PROTECT, related_name="stores", db_constraint=False
    )
    book = models.CharField(max_length=8, choices=[(b.value, b.value) for b in Book])
    slug = models.CharField(max_length=48, unique=True, validators=[RegexValidator(SLUG)])
    name_zh = models.CharField(max_length=80, blank=True)
    name_en = models.CharField(max_length=80, blank=True)
    notice_zh = models.TextField(max_length=2000, blank=True)
    notice_en = models.TextField(max_length=2000, blank=True)
    support_zh = models.CharField(max_length=200, blank=True)
    support_en = models.CharField(max_length=200, blank=True)
    accent = models.CharField(max_length=7, default="#4038b8", validators=[RegexValidator(ACCENT)])
    status = models.CharField(
        max_length=8, choices=[(s.value, s.value) for s in StoreStatus], default=StoreStatus.OPEN
    )
    created_at = models.DateTimeField(auto_now_add=True)

    name = Bilingual()
    notice = Bilingual()
    support = Bilingual()

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["id", "merchant"], name="store_id_merchant"),
            models.CheckConstraint(condition=Q(slug__regex=SLUG), name="store_slug"),
            models.CheckConstraint(
                condition=Q(book=Book.SANDBOX, slug__endswith="-test")
                | (Q(book=Book.LIVE) & ~Q(slug__endswith="-test")),
                name="store_slug_says_book",
            ),
            models.CheckConstraint(condition=~Q(name_zh="") | ~Q(name_en=""), name="store_named"),
            models.CheckConstraint(condition=Q(accent__regex=ACCENT), name="store_accent"),
            models.CheckConstraint(condition=Q(status__in=list(StoreStatus)), name="store_status"),
        ]

    def __str__(self) -> str:
        return self.slug

    @property
    def key(self) -> str:
        """The store's name in the dashboard's addresses: `sto_…`."""
        return ids.encode("sto", self.id)
