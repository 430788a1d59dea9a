"""Single keys: finding one by its text, reading one for a reason, taking a bad one off the shelf."""

from uuid import UUID

from django.db import transaction

import audit
import vault
from kernel.actors import Actor
from kernel.machine import IllegalMove

from ..errors import ReasonMissing
from ..models import Merchant, StockItem
from ..states import STOCK, StockState
from .stock import CONTEXT


def find(merchant: Merchant, text: str) -> list[StockItem]:
    """Where this key is, in every product of the merchant. The database compares keyed fingerprints."""
    mark = vault.fingerprint(merchant.id, text.strip(), purpose=CONTEXT)
    found = StockItem.objects.filter(product__merchant=merchant, fingerprint=mark)
    return list(found.select_related("product", "batch").order_by("id")[:20])


def read(item: StockItem, *, actor: Actor, reason: str) -> str:
    """The key in plain text, on record before it is shown."""
    _must_be_given(reason)
    with transaction.atomic():
        audit.record(actor, "stock.revealed", ("key", item.id), merchant_id=item.merchant_id, reason=reason)
        return vault.open(item.merchant_id, item.sealed, context=CONTEXT, row=item.id).decode()


def void(item_id: UUID, *, actor: Actor, reason: str) -> StockItem:
    """Take a faulty key off the shelf for good. Raises IllegalMove if it is reserved or sold."""
    _must_be_given(reason)
    with transaction.atomic():
        item = StockItem.objects.select_for_update(no_key=True).get(pk=item_id)
        if not STOCK.allows(StockState(item.state), StockState.VOID):
            raise IllegalMove(source=item.state, target=StockState.VOID)
        item.state = StockState.VOID
        item.save(update_fields=["state"])
        audit.record(actor, "stock.voided", ("key", item.id), merchant_id=item.merchant_id, reason=reason)
    return item


def _must_be_given(reason: str) -> None:
    if not reason.strip():
        raise ReasonMissing
