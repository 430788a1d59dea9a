"""The side of entitlements: opened with the first period, granted once a period, on through the grace."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from kernel import ids
from kernel.books import Book
from merchants.services import entitlements
from merchants.services.entitlements import Grant, Opening
from merchants.states import GrantKind

from ..models import Invoice, Subscription
from ..states import InvoiceKind

__all__ = ["Grant", "Granting", "Opening", "of_invoice", "opening_of", "write"]


@dataclass(frozen=True, slots=True)
class Granting:
    """A grant, and when it is made on its merchant's clock."""

    grant: Grant
    at: datetime


def opening_of(subscription: Subscription, starts: datetime) -> Opening:
    """The entitlement of a subscription that has just begun, empty yet."""
    return Opening(
        merchant_id=subscription.merchant_id,
        book=Book(subscription.book),
        store_id=subscription.store_id,
        product_id=subscription.product_id,
        contact_key=bytes(subscription.contact_key),
        buyer_key=bytes(subscription.buyer_key),
        quantity=subscription.quantity,
        starts_at=starts,
        subscription_id=subscription.pk,
        id=ids.new(),
    )


def of_invoice(entitlement_id: UUID, invoice: Invoice, at: datetime) -> Granting:
    """The period that an invoice is for."""
    if invoice.period_starts is None or invoice.period_ends is None:
        raise ValueError("This invoice grants nothing.")
    kind = GrantKind.TRIAL if invoice.kind == InvoiceKind.TRIAL else GrantKind.PAID
    grant = Grant(entitlement_id, invoice.pk, kind, invoice.period_starts, invoice.period_ends)
    return Granting(grant, at)


def write(
    openings: Sequence[Opening],
    cuts: Sequence[tuple[UUID, datetime]],
    grants: Sequence[Granting],
    graces: Sequence[tuple[UUID, datetime | None]],
    sizes: Sequence[tuple[UUID, int]],
) -> None:
    """Write all of it, set by set, in the order in which the database wants it."""
    entitlements.open_many(openings)
    for invoice_id, at in cuts:
        entitlements.revoke(invoice_id, at)
    at_once: dict[datetime, list[Grant]] = defaultdict(list)
    for granting in grants:
        at_once[granting.at].append(granting.grant)
    for at, made in at_once.items():
        entitlements.grant_many(made, at=at)
    entitlements.grace(graces)
    for entitlement_id, quantity in sizes:
        entitlements.resize(entitlement_id, quantity)
