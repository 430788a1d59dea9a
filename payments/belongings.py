"""What belongs to a buyer: the orders that were paid with an address of theirs, in every shop."""

from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from buyers import consents
from buyers.models import Buyer
from buyers.queries import holdings
from kernel.errors import NotFound
from kernel.ids import encode

from .models import Order


def orders_of(buyer: Buyer) -> QuerySet[Order]:
    """Paid orders with their stores, the latest first."""
    mine = Q(pk__in=[])
    for holding in holdings(buyer):
        earlier = Q(placed_at__lte=holding.until) if holding.until else Q()
        mine |= Q(buyer_key=holding.key) & earlier
    found: QuerySet[Order] = Order.objects.filter(mine, paid_at__isnull=False)
    return found.select_related("store").order_by("-id")


def order_of(buyer: Buyer, order_id: UUID) -> Order:
    """One of them. Raises NotFound for anybody else's, as for one that is not there."""
    order = orders_of(buyer).filter(pk=order_id).first()
    if order is None:
        raise NotFound(id=encode("ord", order_id))
    return order


def exported(buyer: Buyer) -> dict[str, Any]:
    """Everything that is kept about a buyer here, for the buyer. Keys are no part of it: orders open them."""
    keys = [holding.key for holding in holdings(buyer)]
    return {
        "buyer": {
            "id": buyer.key,
            "email": buyer.address,
            "language": buyer.language,
            "created_at": buyer.created_at,
            "last_seen_at": buyer.last_seen_at,
            "former_addresses_until": [holding.until for holding in holdings(buyer) if holding.until],
        },
        "orders": [_order(order) for order in orders_of(buyer).iterator(chunk_size=500)],
        "consents": [
            {
                "id": given.key,
                "kind": given.kind,
                "version": given.text.version,
                "language": given.text.language,
                "text": given.text.text,
                "agreed_at": given.at,
                "ended_at": given.ended_at,
            }
            for given in consents.of(*keys)
        ],
    }


def _order(order: Order) -> dict[str, Any]:
    return {
        "id": order.key,
        "number": order.number,
        "shop": order.store.slug,
        "title": order.title,
        "quantity": order.quantity,
        "total": order.price.amount,
        "currency": order.currency,
        "payment_state": order.payment_state,
        "fulfilment": order.fulfilment,
        "placed_at": order.placed_at,
        "paid_at": order.paid_at,
        "delivered_at": order.delivered_at,
    }
