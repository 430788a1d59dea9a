"""Coupons of an order: judged before it, reserved with it, redeemed by its money, given back with its end.

All but `judge` write, in the caller's transaction; the caller holds the order's row lock, or writes the order
in the same transaction. Coupons are locked by ascending id, after keys and before ledger accounts. The last
word on every limit is the database's: who loses a race for the last use is refused by its constraint.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F

import outbox
import vault
from kernel.money import Money
from prepared import Statement

from .. import events
from ..coupon_errors import (
    CouponFirstOrder,
    CouponIdle,
    CouponNotForThis,
    CouponNotTogether,
    CouponPaused,
    CouponRefused,
    CouponUnknown,
    CouponUsedByYou,
    CouponUsedUp,
    TooManyCodes,
)
from ..discounts import MOST_STACKED, stack
from ..models import Coupon, CouponUse
from ..states import Carrier, CouponStatus
from .catalogue import Offer
from .found_codes import Found, find

PURPOSE = "merchants.coupon"
"""What a buyer's fingerprint in coupons is for."""

_LOCK = Statement(
    """
    SELECT c.status, c.starts_at, c.ends_at, c.first_order FROM merchants_coupon c
    WHERE c.id IN (SELECT u.coupon_id FROM merchants_couponuse u WHERE u.order_id = ANY($1::uuid[]))
    ORDER BY c.id FOR NO KEY UPDATE
    """
)
_LOCK_NAMED = Statement(
    "SELECT FROM merchants_coupon WHERE id = ANY($1::uuid[]) ORDER BY id FOR NO KEY UPDATE"
)
_REDEEM = Statement(
    """
    UPDATE merchants_couponuse SET state = 'redeemed', redeemed_at = $2
    WHERE order_id = ANY($1::uuid[]) AND state = 'reserved'
    """
)
_GIVE_BACK = Statement(
    """
    UPDATE merchants_couponuse SET state = 'returned', returned_at = $2
    WHERE order_id = ANY($1::uuid[]) AND state IN ('reserved', 'redeemed')
    """
)
_TAKE_AGAIN = Statement(
    """
    UPDATE merchants_couponuse SET state = 'reserved', reserved_at = $2
    WHERE order_id = $1 AND state = 'returned'
    """
)
_CODES = Statement(
    """
    SELECT k.code, u.discount, u.currency, u.carrier FROM merchants_couponuse u
        JOIN merchants_couponcode k ON k.id = u.code_id
    WHERE u.order_id = $1 ORDER BY k.code
    """
)
# The constraint that refuses a use, and what its buyer is told.
_LIMITS: dict[str, type[CouponRefused]] = {
    "coupon_used_up": CouponUsedUp,
    "coupon_code_used_up": CouponUsedUp,
    "coupon_use_of_buyer": CouponUsedByYou,
    "coupon_use_by_its_buyer": CouponUnknown,
    "coupon_use_in_its_currency": CouponNotForThis,
    "coupon_carried_by_platform": CouponPaused,
    "coupon_use_once": CouponNotTogether,
}


@dataclass(frozen=True, slots=True)
class Line:
    """What one code takes off, and who goes without it."""

    code: str
    code_id: UUID
    coupon_id: UUID
    amount: Money
    carrier: Carrier


@dataclass(frozen=True, slots=True)
class Discount:
    """What the codes of an order take off its price."""

    lines: tuple[Line, ...] = ()

    @property
    def amount(self) -> int:
        """Minor units in all."""
        return sum(line.amount.amount for line in self.lines)

    @property
    def promotion(self) -> int:
        """Minor units of it that the platform makes up for."""
        return sum(line.amount.amount for line in self.lines if line.carrier is Carrier.PLATFORM)


NO_DISCOUNT = Discount()


@dataclass(frozen=True, slots=True)
class Shown:
    """A code on an order that stands."""

    code: str
    amount: Money
    carrier: Carrier


def buyer_key(merchant_id: UUID, contact: str) -> bytes:
    """One buyer's fingerprint with a merchant; an address with a tag (`me+1@…`) is the address without it."""
    name, at, domain = contact.strip().lower().partition("@")
    return vault.fingerprint(merchant_id, name.partition("+")[0] + at + domain, purpose=PURPOSE)


def judge(
    offer: Offer,
    codes: Sequence[str],
    subtotal: Money,
    *,
    buyer_key: bytes | None,
    is_first: Callable[[], bool],
    now: datetime,
) -> Discount:
    """What normalised codes take off an offer's price now. Writes nothing.

    `buyer_key` is None while nobody knows the buyer: what depends on the buyer is then left to the order.
    `is_first` says whether the buyer has paid nothing here yet; it is asked only where a coupon wants to
    know. Raises the CouponRefused of the first code that does not hold.
    """
    if not codes:
        return NO_DISCOUNT
    if len(codes) > MOST_STACKED:
        raise TooManyCodes(most=MOST_STACKED)
    found = find(offer, codes, buyer_key)
    for code in codes:
        if code not in found:
            raise CouponUnknown(code=code)
        refusal = found[code].refusal(offer, subtotal, buyer_key, now)
        if refusal is not None:
            raise refusal
        if found[code].first_order and buyer_key is not None and not is_first():
            raise CouponFirstOrder(code=code)
    _check_together([found[code] for code in codes])
    shares = stack({code: found[code].terms for code in codes}, subtotal)
    for code, share in shares.items():
        if not share:
            raise CouponIdle(code=code)
    return Discount(tuple(_line(found[code], shares[code]) for code in codes))


def reserve(order_id: UUID, offer: Offer, discount: Discount, *, buyer_key: bytes, now: datetime) -> None:
    """Take a use of each code for an order. Raises the CouponRefused of a limit reached meanwhile."""
    _LOCK_NAMED.run([line.coupon_id for line in discount.lines])
    for line in discount.lines:
        try:
            CouponUse.objects.create(
                coupon_id=line.coupon_id,
                code_id=line.code_id,
                merchant_id=offer.merchant_id,
                book=offer.book,
                order_id=order_id,
                buyer_key=buyer_key,
                discount=line.amount.amount,
                currency=line.amount.currency,
                carrier=line.carrier,
                reserved_at=now,
            )
        except IntegrityError as error:
            raise _limit(error)(code=line.code) from error
    _tell_used_up([line.coupon_id for line in discount.lines])


def redeem(order_ids: Sequence[UUID], *, at: datetime) -> int:
    """The money of these orders came: their uses are for good. Gives how many."""
    return _REDEEM.run(list(order_ids), at)


def give_back(order_ids: Sequence[UUID], *, at: datetime) -> int:
    """Free the uses of these orders for others, once. Gives how many."""
    _LOCK.rows(list(order_ids))
    return _GIVE_BACK.run(list(order_ids), at)


def take_again(order_id: UUID, *, is_first: Callable[[], bool], at: datetime) -> bool:
    """Whether an order whose uses were given back could have them now; it has them then.

    They are judged again: by their window and status, and by what others have taken since.
    """
    for status, starts_at, ends_at, first_order in _LOCK.rows([order_id]):
        within = (starts_at is None or starts_at <= at) and (ends_at is None or at < ends_at)
        if status != CouponStatus.ACTIVE or not within or (first_order and not is_first()):
            return False
    return _taken(order_id, at)


def restore(order_id: UUID, *, at: datetime) -> bool:
    """Redeem again what a refund had given back, when it came to nothing. False where others were faster."""
    _LOCK.rows([order_id])
    return _taken(order_id, at) and bool(redeem([order_id], at=at))


def codes_of(order_id: UUID) -> list[Shown]:
    """The codes of an order, with what each took off."""
    return [
        Shown(code, Money(amount, currency), Carrier(carrier))
        for code, amount, currency, carrier in _CODES.rows(order_id)
    ]


def _check_together(found: Sequence[Found]) -> None:
    """Several only where all allow it, and no coupon twice. Raises CouponNotTogether."""
    if len(found) < 2:
        return
    for place, each in enumerate(found):
        if not each.stackable or any(each.coupon_id == other.coupon_id for other in found[:place]):
            raise CouponNotTogether(code=each.code)


def _line(found: Found, share: Money) -> Line:
    return Line(found.code, found.code_id, found.coupon_id, share, Carrier(found.carrier))


def _taken(order_id: UUID, at: datetime) -> bool:
    try:
        with transaction.atomic():
            return bool(_TAKE_AGAIN.run(order_id, at))
    except IntegrityError as error:
        _limit(error)
        return False


def _tell_used_up(coupon_ids: Sequence[UUID]) -> None:
    """Tell of coupons whose last use has just been taken; their rows are locked."""
    full = Coupon.objects.filter(pk__in=coupon_ids, used=F("most_uses"))
    if coupon_ids:
        outbox.emit([events.of_coupon(events.COUPON_USED_UP, coupon) for coupon in full])


def _limit(error: IntegrityError) -> type[CouponRefused]:
    """The refusal that a limit's constraint stands for. Raises the error again where it is none."""
    diagnosis = getattr(error.__cause__, "diag", None)
    refusal = _LIMITS.get(getattr(diagnosis, "constraint_name", None) or "")
    if refusal is None:
        raise error
    return refusal
