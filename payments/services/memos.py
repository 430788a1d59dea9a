"""Memos: what a program asked to be kept with an order that it placed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

from ..models import Memo, Order


@dataclass(frozen=True, slots=True)
class Draft:
    """A memo before its order is placed."""

    api_key_id: UUID
    reference: str = ""
    return_url: str = ""
    metadata: Mapping[str, str] = field(default_factory=dict)


def keep(order_id: UUID, draft: Draft) -> None:
    """Write it, in the transaction that places the order."""
    Memo.objects.create(
        order_id=order_id,
        api_key_id=draft.api_key_id,
        reference=draft.reference,
        metadata=dict(draft.metadata),
        return_url=draft.return_url,
    )


def return_url_of(order: Order) -> str:
    """Where the buyer came from; empty for an order of the store itself."""
    found = Memo.objects.filter(order_id=order.pk).values_list("return_url", flat=True).first()
    return found or ""
