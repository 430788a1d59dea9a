"""Links: the chain of hashes over transactions."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q

from .transaction import Transaction


class Link(models.Model):
    """`hash` is SHA-256 over the hash before and the content of the transaction with its entries."""

    number = models.BigIntegerField(primary_key=True)  # 1, 2, 3 … without a gap
    transaction = models.OneToOneField(Transaction, on_delete=models.PROTECT, related_name="link")
    hash = models.BinaryField(max_length=32)
    linked_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(condition=Q(number__gte=1), name="ledger_link_number"),
        ]

    def __str__(self) -> str:
        return f"{self.number} {bytes(self.hash).hex()}"
