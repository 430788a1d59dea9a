"""Stores: opening one, changing its words, closing it for a while."""

from typing import Any

from django.db import transaction

import audit
from kernel.actors import Actor

from ..models import Merchant, Store
from ..states import StoreStatus
from . import catalogue
from .checked import checked


def create(merchant: Merchant, slug: str, *, actor: Actor, **fields: Any) -> Store:
    """A store in the merchant's book. Raises Invalid."""
    with transaction.atomic():
        store = checked(Store(merchant=merchant, book=merchant.book, slug=slug, **fields))
        store.save(force_insert=True)
        audit.record(actor, "store.created", ("store", store.id), merchant_id=merchant.id)
    return store


def change(store: Store, *, actor: Actor, **fields: Any) -> Store:
    """Change a store's names, notice, contact or accent. Raises Invalid."""
    for name, value in fields.items():
        setattr(store, name, value)
    with transaction.atomic():
        checked(store).save(update_fields=list(fields))
        facts = {"fields": sorted(fields)}
        audit.record(actor, "store.changed", ("store", store.id), merchant_id=store.merchant_id, facts=facts)
    catalogue.forget()
    return store


def set_status(store: Store, status: StoreStatus, *, actor: Actor) -> Store:
    """Open or close a store. A closed one sells nothing; orders can still be looked up."""
    with transaction.atomic():
        Store.objects.filter(pk=store.pk).update(status=status)
        audit.record(actor, f"store.{status}", ("store", store.id), merchant_id=store.merchant_id)
    store.status = status
    catalogue.forget()
    return store
