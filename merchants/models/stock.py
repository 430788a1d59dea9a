"""Stock: keys, and the imports that brought them. Keys are sealed; only the vault can read them."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q

from kernel import ids

from ..states import OPEN_BATCHES, BatchSource, BatchState, StockState
from .merchant import Merchant
from .product import Product
from .user import User


class StockBatch(models.Model):
    """One import, from the upload to the last key. Counts are of lines unless they say keys."""

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    merchant = models.ForeignKey(
        Merchant, on_delete=models.PROTECT, related_name="batches", db_constraint=False
    )
    product = models.ForeignKey(
        Product, on_delete=models.PROTECT, related_name="batches", db_constraint=False
    )
    source = models.CharField(max_length=5, choices=[(s.value, s.value) for s in BatchSource])
    filename = models.CharField(max_length=120, blank=True)
    layout = models.JSONField(default=dict)  # of merchants.lines.Layout, and the encoding that was found
    state = models.CharField(
        max_length=10, choices=[(s.value, s.value) for s in BatchState], default=BatchState.RECEIVED
    )
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True, blank=True)
    progressed_at = models.DateTimeField(null=True, blank=True)  # when a chunk was last imported
    finished_at = models.DateTimeField(null=True, blank=True)

    # What the dry run found.
    lines = models.IntegerField(default=0)
    blank = models.IntegerField(default=0)
    malformed = models.IntegerField(default=0)
    repeated = models.IntegerField(default=0)  # again in the same file
    known = models.IntegerField(default=0)  # in stock already, of this product
    findings = models.BinaryField(default=b"")  # sealed JSON: examples with line numbers

    # What the import did.
    chunks = models.IntegerField(default=0)
    chunks_done = models.IntegerField(default=0)
    imported = models.IntegerField(default=0)  # keys
    voided = models.IntegerField(default=0)  # keys, by undoing

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["id", "product"], name="batch_id_product"),
            models.CheckConstraint(condition=Q(source__in=list(BatchSource)), name="batch_source"),
            models.CheckConstraint(condition=Q(state__in=list(BatchState)), name="batch_state"),
            models.CheckConstraint(
                condition=Q(chunks_done__gte=0, chunks_done__lte=F("chunks")), name="batch_progress"
            ),
            models.CheckConstraint(
                condition=Q(imported__gte=0, voided__gte=0, voided__lte=F("imported")), name="batch_counts"
            ),
            models.CheckConstraint(
                condition=Q(voided=0) | Q(state__in=[BatchState.UNDOING, BatchState.UNDONE]),
                name="batch_voided_by_undoing",
            ),
        ]
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=["product", "-created_at"], name="batch_of_product"),
            models.Index(
                fields=["created_at"],
                condition=Q(state__in=sorted(OPEN_BATCHES)),
                name="batch_open",
            ),
        ]

    def __str__(self) -> str:
        return self.key

    @property
    def key(self) -> str:
        """The import's name in the dashboard's addresses: `imp_…`."""
        return ids.encode("imp", self.id)

    @property
    def importable(self) -> int:
        """How many keys the dry run would import."""
        return self.lines - self.blank - self.malformed - self.repeated - self.known


class UploadChunk(models.Model):
    """A piece of an upload, whole lines of UTF-8, sealed. It is deleted by the commit that imports it."""

    id = models.BigAutoField(primary_key=True)
    batch = models.ForeignKey(StockBatch, on_delete=models.CASCADE, related_name="pieces")
    number = models.IntegerField()
    first_line = models.IntegerField()  # counted from 1
    lines = models.IntegerField()
    sealed = models.BinaryField()

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["batch", "number"], name="chunk_once"),
        ]

    def __str__(self) -> str:
        return f"{self.batch_id}#{self.number}"


class StockItem(models.Model):
    """One key. `order_id` is a bare id: this app does not know orders. Sold oldest first, by id."""

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    merchant = models.ForeignKey(
        Merchant, on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    product = models.ForeignKey(
        Product, on_delete=models.PROTECT, related_name="items", db_constraint=False, db_index=False
    )
    batch = models.ForeignKey(
        StockBatch, on_delete=models.PROTECT, related_name="items", db_constraint=False, db_index=False
    )
    sealed = models.BinaryField()
    fingerprint = models.BinaryField(max_length=16)
    state = models.CharField(
        max_length=9, choices=[(s.value, s.value) for s in StockState], default=StockState.AVAILABLE
    )
    order_id = models.UUIDField(null=True, blank=True)
    ordinal = models.IntegerField(null=True, blank=True)  # 1, 2, 3 … within the order
    reserved_until = models.DateTimeField(null=True, blank=True)
    delivered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["product", "fingerprint"], name="stock_key_once"),
            models.UniqueConstraint(fields=["order_id", "ordinal"], name="stock_ordinal_once"),
            models.CheckConstraint(condition=Q(state__in=list(StockState)), name="stock_state"),
            models.CheckConstraint(
                condition=Q(
                    state__in=[StockState.RESERVED, StockState.DELIVERED],
                    order_id__isnull=False,
                    ordinal__isnull=False,
                    ordinal__gte=1,
                )
                | Q(
                    state__in=[StockState.AVAILABLE, StockState.VOID],
                    order_id__isnull=True,
                    ordinal__isnull=True,
                ),
                name="stock_owner",
            ),
            models.CheckConstraint(
                condition=Q(state=StockState.RESERVED, reserved_until__isnull=False)
                | (~Q(state=StockState.RESERVED) & Q(reserved_until__isnull=True)),
                name="stock_reserved_until",
            ),
            models.CheckConstraint(
                condition=Q(state=StockState.DELIVERED, delivered_at__isnull=False)
                | (~Q(state=StockState.DELIVERED) & Q(delivered_at__isnull=True)),
                name="stock_delivered_at",
            ),
        ]
        indexes: ClassVar[list[Any]] = [
            models.Index(
                fields=["product", "id"], condition=Q(state=StockState.AVAILABLE), name="stock_available"
            ),
            models.Index(
                fields=["product", "reserved_until"],
                condition=Q(state=StockState.RESERVED),
                name="stock_reserved",
            ),
            models.Index(fields=["product"], condition=Q(state=StockState.VOID), name="stock_void"),
        ]

    def __str__(self) -> str:
        return self.key

    @property
    def key(self) -> str:
        """The item's name in addresses: `key_…`; not what is sold."""
        return ids.encode("key", self.id)
