"""Orders: placed in one transaction, once a form."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

import audit
import outbox
import vault
from buyers.keys import email_key
from kernel import clock, ids
from kernel.crash import crash_point
from merchants.services import stock
from prepared import together

from .. import events, limits, memberships, sql
from ..channels.base import Charge, ChargeAnswer
from ..errors import FormReused, HoldsTooMuch, TooManyUnpaid
from ..models import Order
from ..states import AttemptState
from ..tokens import new_number, new_token
from . import codes, memos
from .addresses import notify_url, order_url
from .baskets import CONTACT, Asked

# An order that takes the lowest free slots of its buyer, and its first payment, or nothing at all. A number,
# a slot or a form that another order took meanwhile is a conflict, and a conflict writes nothing. What the
# buyer holds unpaid of the product is bounded as well; the free keys are counted only above one whole order.
_PLACE = sql.Statement("""
WITH held AS (
    SELECT %(quantity)s + greatest(
        coalesce(sum(quantity) FILTER (WHERE contact_key = %(contact_key)s), 0),
        coalesce(sum(quantity) FILTER (WHERE address_key = %(address_key)s), 0)) AS keys
    FROM payments_order WHERE store_id = %(store)s AND product_id = %(product)s AND payment_state = 'pending'
        AND (contact_key = %(contact_key)s OR address_key = %(address_key)s)
), slot AS (
    SELECT (SELECT s FROM generate_series(1, %(per_contact)s) AS s WHERE NOT EXISTS (
                SELECT FROM payments_order WHERE store_id = %(store)s AND contact_key = %(contact_key)s
                    AND contact_slot = s AND payment_state = 'pending') LIMIT 1) AS contact,
           (SELECT s FROM generate_series(1, %(per_address)s) AS s WHERE NOT EXISTS (
                SELECT FROM payments_order WHERE store_id = %(store)s AND address_key = %(address_key)s
                    AND address_slot = s AND payment_state = 'pending') LIMIT 1) AS address,
           (SELECT CASE WHEN keys <= %(most)s THEN true ELSE keys * 100 <= %(share)s * (keys + (
                SELECT count(*) FROM (SELECT FROM merchants_stockitem WHERE product_id = %(product)s
                    AND state = 'available' LIMIT keys * 100 / %(share)s + 1) AS free)) END FROM held) AS fits
), placed AS (
    INSERT INTO payments_order (id, merchant_id, book, store_id, product_id, subscription_id, number, token,
        form_key, title, quantity, unit_price, discount, total, currency, contact, contact_key, contact_slot,
        address_key, address_slot, language, device, payment_state, fulfilment, paid_late, duplicate,
        underpaid, overpaid,
        decision_id, review, extensions, placed_at, expires_at, buyer_key)
    SELECT %(id)s, %(merchant)s, %(book)s, %(store)s, %(product)s, %(subscription)s, %(number)s,
        %(token)s, %(form_key)s, %(title)s, %(quantity)s, %(unit_price)s, %(discount)s, %(total)s,
        %(currency)s, %(contact)s,
        %(contact_key)s, contact,
        %(address_key)s, address, %(language)s, %(device)s, 'pending', 'none', false, false, false, false,
        %(decision)s, %(review)s, 0, %(placed_at)s, %(expires_at)s, %(buyer_key)s
    FROM slot WHERE contact IS NOT NULL AND address IS NOT NULL AND fits
    ON CONFLICT DO NOTHING RETURNING id
), intent AS (
    INSERT INTO payments_payment (id, order_id, ordinal, merchant_id, book, account_id, method, notify_token,
        amount, currency, state, use, channel_txn, action_kind, action_value, code, message, platform_fee,
        channel_fee, merchant_bears_channel, platform_fee_returned, channel_fee_returned, refunded,
        refund_pending, created_at, expires_at, next_query_at, queries)
    SELECT %(payment)s, id, 1, %(merchant)s, %(book)s, %(account)s, %(method)s, %(notify_token)s,
        %(total)s, %(currency)s, %(state)s, '', '', %(action_kind)s, %(action_value)s, '', '', 0,
        0, true, 0, 0, 0, 0, %(placed_at)s, %(expires_at)s, %(next_query_at)s, 0
    FROM placed
)
SELECT (SELECT count(*) FROM placed), contact IS NOT NULL AND address IS NOT NULL, fits FROM slot
""")
_PLACED_BEFORE = sql.Statement("""
SELECT o.id, o.token, o.number, o.product_id, o.quantity, o.contact_key,
    ARRAY(SELECT k.code::text FROM merchants_couponuse u JOIN merchants_couponcode k ON k.id = u.code_id
        WHERE u.order_id = o.id ORDER BY k.code),
    (SELECT p.id FROM payments_payment p WHERE p.order_id = o.id ORDER BY p.ordinal DESC LIMIT 1)
FROM payments_order o WHERE o.store_id = %(store)s AND o.form_key = %(form_key)s
""")
# Two buyers may draw the same number, and one buyer may send two forms at the same instant.
_TRIES = 8
_NO_BOUND = 2**31


@dataclass(frozen=True, slots=True)
class Placed:
    """An order that stands, and its latest payment. `again`: the same form had placed it before."""

    order_id: UUID
    token: str
    number: str
    payment_id: UUID
    again: bool = False


@dataclass(frozen=True, slots=True)
class Draft:
    """The names of an order and its payment before they are written."""

    order_id: UUID
    payment_id: UUID
    token: str
    notify_token: str
    placed_at: datetime
    expires_at: datetime
    subscription_id: UUID | None  # of the subscription that the order starts


def place(asked: Asked, *, decision_id: UUID | None, review: bool) -> Placed:
    """Reserve the keys and write order, payment intent, audit row and event, in one transaction.

    A form that was sent before gives the order that it made. Raises OutOfStock, TooManyUnpaid,
    HoldsTooMuch, FormReused, CouponRefused; then nothing was written. Methods that are opened offline are
    open when this returns.
    """
    if len(asked.discount.lines) != len(asked.basket.codes):
        raise ValueError("The codes of a basket are judged before its order is placed.")
    draft = _draft(asked)
    answer = _open_offline(asked, draft)
    with together():
        if draft.subscription_id is None:
            stock.reserve(
                asked.offer.product_id, asked.quote.quantity, draft.order_id, until=draft.expires_at
            )
        crash_point("place.after_reserve")
        number = _write(asked, draft, answer, decision_id=decision_id, review=review)
        if number:
            if asked.basket.memo is not None:
                memos.keep(draft.order_id, asked.basket.memo)
            if draft.subscription_id is not None:
                memberships.port().begin(asked, draft)
            if asked.discount.lines:
                codes.reserve(asked, draft.order_id, now=draft.placed_at)
            _tell(asked, draft)
        else:
            # The reservation goes back with the transaction.
            transaction.set_rollback(True)
        crash_point("place.before_commit")
    if not number:
        return placed_before(asked)
    return Placed(draft.order_id, draft.token, number, draft.payment_id)


def placed_before(asked: Asked) -> Placed:
    """The order that this form has placed. Raises FormReused where the form said something else then."""
    found = find_placed(asked)
    if found is None:
        raise TooManyUnpaid
    return found


def find_placed(asked: Asked) -> Placed | None:
    """The order that this form has placed, if it has placed one."""
    for order_id, token, number, product_id, quantity, key, said, payment_id in _PLACED_BEFORE.rows(
        {"store": asked.offer.store_id, "form_key": asked.basket.form_key}
    ):
        if (product_id, quantity, bytes(key), said) != (
            asked.offer.product_id,
            asked.quote.quantity,
            asked.contact_key,
            sorted(asked.basket.codes),
        ):
            raise FormReused
        return Placed(order_id, token, number, payment_id, again=True)
    return None


def contact_of(order: Order) -> str:
    """The buyer's e-mail address, opened. Who shows it to a person decides whether that person may see it."""
    return vault.open(order.merchant_id, order.contact, context=CONTACT, row=order.id).decode()


def _draft(asked: Asked) -> Draft:
    now = clock.now(asked.offer)
    subscription_id = ids.new() if asked.basket.plan else None
    ends = now + asked.offer.hold
    return Draft(ids.new(), ids.new(), new_token(), new_token(), now, ends, subscription_id)


def _open_offline(asked: Asked, draft: Draft) -> ChargeAnswer | None:
    """Sign the buyer's link where that asks nobody: the payment is then born open and needs no intent."""
    if not asked.choice.method.offline_create:
        return None
    till = asked.choice.till
    charge = Charge(
        reference=ids.encode("pay", draft.payment_id),
        method=asked.choice.method.code,
        amount=asked.total,
        subject=asked.title,
        notify_url=notify_url(draft.notify_token),
        return_url=order_url(draft.token),
        expires_at=draft.expires_at - asked.offer.clock_ahead,
    )
    return till.channel.create(till.account, charge)


def _write(
    asked: Asked, draft: Draft, answer: ChargeAnswer | None, *, decision_id: UUID | None, review: bool
) -> str:
    """Write order and payment. Gives the number, or nothing where this form has placed an order already."""
    values = {
        **_order_values(asked, draft),
        **_payment_values(asked, draft, answer),
        "decision": decision_id,
        "review": review,
    }
    for _ in range(_TRIES):
        number = new_number(draft.placed_at)
        written, has_slots, fits = _place({**values, "number": number})
        if written:
            return number
        if not has_slots or find_placed(asked) is not None:
            return ""
        if not fits:
            raise HoldsTooMuch
    raise TooManyUnpaid


def _order_values(asked: Asked, draft: Draft) -> dict[str, Any]:
    offer, quote, basket = asked.offer, asked.quote, asked.basket
    return {
        "per_contact": limits.UNPAID_PER_CONTACT,
        "per_address": limits.UNPAID_PER_ADDRESS,
        # A membership lies on no shelf, so there is no share of it to keep for others.
        "most": offer.max_quantity if draft.subscription_id is None else _NO_BOUND,
        "share": offer.unpaid_share,
        "id": draft.order_id,
        "merchant": offer.merchant_id,
        "book": offer.book,
        "store": offer.store_id,
        "product": offer.product_id,
        "subscription": draft.subscription_id,
        "token": draft.token,
        "form_key": basket.form_key,
        "title": asked.title,
        "quantity": quote.quantity,
        "unit_price": quote.unit_price.amount,
        "discount": asked.discount.amount,
        "total": asked.total.amount,
        "currency": asked.total.currency,
        "contact": vault.seal(offer.merchant_id, basket.contact, context=CONTACT, row=draft.order_id),
        "contact_key": asked.contact_key,
        "buyer_key": email_key(basket.contact),
        "address_key": asked.address_key,
        "language": basket.language,
        "device": basket.device,
        "placed_at": draft.placed_at,
        "expires_at": draft.expires_at,
    }


def _payment_values(asked: Asked, draft: Draft, answer: ChargeAnswer | None) -> dict[str, Any]:
    action = answer and answer.action
    return {
        "payment": draft.payment_id,
        "account": asked.choice.till.id,
        "method": asked.choice.method.code,
        "notify_token": draft.notify_token,
        "state": AttemptState.PENDING if action else AttemptState.CREATED,
        "action_kind": action.kind if action else "",
        "action_value": action.value if action else "",
        "next_query_at": clock.now() + limits.ASK_AFTER[0],
    }


def _place(values: Mapping[str, Any]) -> tuple[int, bool, bool]:
    """Whether it was written, whether the buyer had slots for it, and whether it is within the share."""
    try:
        written, has_slots, fits = _PLACE.rows(values)[0]
    except IntegrityError as error:
        # Another order of the buyer's was committed while the statement ran: the database looked again.
        if "order_share" in str(error):
            raise HoldsTooMuch from error
        raise
    return written, has_slots, fits


def _tell(asked: Asked, draft: Draft) -> None:
    offer, total = asked.offer, asked.total
    facts = {
        "payment": ids.encode("pay", draft.payment_id),
        "product": ids.encode("prd", offer.product_id),
        "quantity": asked.quote.quantity,
        "amount": total.amount,
        "currency": total.currency,
        "method": asked.choice.method.code,
        "discount": asked.discount.amount,
    }
    subject = ("order", draft.order_id)
    audit.record(asked.basket.actor, "order.placed", subject, merchant_id=offer.merchant_id, facts=facts)
    outbox.emit(
        [events.of_order(events.ORDER_PLACED, draft.order_id, offer.merchant_id, offer.book, **facts)]
    )
