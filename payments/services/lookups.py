"""Looking orders up: a number or an e-mail address brings a mail to the order's own address, no more.

Whoever asks gets the same answer whether or not anything was found.
"""

from uuid import UUID

from django.db import transaction

import outbox
from kernel import ids

from .. import events
from ..models import Order
from ..tokens import plain_number
from .baskets import contact_key

_MOST = 20


def send_links(store_id: UUID, merchant_id: UUID, text: str) -> None:
    """Have the links of the orders that `text` names mailed to their own address, the latest twenty."""
    found = _found(store_id, merchant_id, text.strip())
    if not found:
        return
    latest = found[0]
    orders = [ids.encode("ord", order.pk) for order in found]
    with transaction.atomic():
        outbox.emit(
            [
                events.of_order(
                    events.ORDER_LINKS_ASKED, latest.pk, latest.merchant_id, latest.book, orders=orders
                )
            ]
        )


def _found(store_id: UUID, merchant_id: UUID, text: str) -> list[Order]:
    orders = Order.objects.filter(store_id=store_id)
    if "@" in text:
        orders = orders.filter(contact_key=contact_key(merchant_id, text))
    else:
        orders = orders.filter(number=plain_number(text))
    return list(orders.order_by("-id")[:_MOST])
