"""Ends: orders that stop waiting because of what their channel said, and orders that wait again.

Everything here runs in the caller's transaction, whose locks on orders and payments it uses.
"""

from collections.abc import Sequence
from uuid import UUID

import audit
import outbox
from kernel import clock
from kernel.actors import SYSTEM
from merchants.services import stock

from .. import events, memberships, sql
from ..states import OPEN_ATTEMPTS
from . import codes

# Where another attempt is open, the buyer may be paying by it: the order goes on, and ends in its time.
_END = sql.Statement("""
UPDATE payments_order o SET payment_state = 'cancelled', closed_at = %(now)s + m.clock_ahead
FROM merchants_merchant m
WHERE m.id = o.merchant_id AND o.id = ANY(%(orders)s) AND o.payment_state = 'pending'
    AND NOT EXISTS (SELECT FROM payments_payment p WHERE p.order_id = o.id AND p.state = ANY(%(open)s))
RETURNING o.id, o.merchant_id, o.book, o.discount, o.subscription_id
""")
# An order is *processing* for as long as a message waits to be confirmed, and no longer.
_WAIT_AGAIN = sql.Statement("""
UPDATE payments_order o SET payment_state = 'pending'
WHERE o.payment_state = 'processing' AND o.id IN (
        SELECT p.order_id FROM payments_payment p WHERE p.id = ANY(%(payments)s))
    AND NOT EXISTS (SELECT FROM payments_payment p JOIN payments_notice n ON n.payment_id = p.id
        WHERE p.order_id = o.id AND n.state = 'received')
""")
OTHER_AMOUNT = "other_amount"


def end_waiting(order_ids: Sequence[UUID]) -> None:
    """End orders for which another amount came than their price: their keys go back at once."""
    if not order_ids:
        return
    values = {"orders": list(order_ids), "open": sorted(OPEN_ATTEMPTS), "now": clock.now()}
    ended = _END.rows(values)
    stock.release([order_id for order_id, *_ in ended])
    memberships.end([order_id for order_id, *_, subscription in ended if subscription])
    codes.give_back([(order_id, discount) for order_id, _, _, discount, _ in ended], clock.now())
    topic = events.ORDER_CANCELLED
    audit.record_many(
        [
            audit.Row(SYSTEM, topic, ("order", order_id), merchant_id=owner, reason=OTHER_AMOUNT)
            for order_id, owner, *_ in ended
        ]
    )
    outbox.emit([events.of_order(topic, *row[:3]) for row in ended])


def wait_again(payment_ids: Sequence[UUID]) -> None:
    """Have orders wait for money again whose kept notices were all refused or ignored."""
    if payment_ids:
        _WAIT_AGAIN.run({"payments": list(payment_ids)})
