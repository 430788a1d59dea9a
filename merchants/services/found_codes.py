"""Codes as they stand now, with their coupons, and why one does not hold."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from kernel.money import Money
from prepared import Row, Statement

from ..coupon_errors import (
    CouponExpired,
    CouponMinimum,
    CouponNotForThis,
    CouponNotYet,
    CouponPaused,
    CouponRefused,
    CouponUnknown,
    CouponUsedByYou,
    CouponUsedUp,
)
from ..coupon_texts import is_code
from ..discounts import Terms, missing
from ..states import PLATFORM_CARRIES, CouponKind, CouponStatus
from .catalogue import Offer

_FIND = Statement(
    """
    SELECT k.code, k.id, c.id, c.store_id, c.kind, c.amount, c.percent, c.cap, c.minimum, c.currency,
        c.carrier, c.first_order, c.stackable, c.starts_at, c.ends_at, c.status, k.buyer_key,
        coalesce(c.used >= c.most_uses, false) OR coalesce(k.used >= k.most_uses, false),
        c.per_buyer IS NOT NULL AND (SELECT count(*) FROM merchants_couponuse u
            WHERE u.coupon_id = c.id AND u.buyer_key = $3::bytea
                AND u.state IN ('reserved', 'redeemed')) >= c.per_buyer,
        NOT EXISTS (SELECT FROM merchants_couponproduct p WHERE p.coupon_id = c.id)
            OR EXISTS (SELECT FROM merchants_couponproduct p WHERE p.coupon_id = c.id AND p.product_id = $4),
        c.carrier <> 'platform' OR m.settlement_mode = ANY($5::text[])
    FROM merchants_couponcode k JOIN merchants_coupon c ON c.id = k.coupon_id
        JOIN merchants_merchant m ON m.id = c.merchant_id
    WHERE k.merchant_id = $1 AND k.code = ANY($2::text[])
    """
)


@dataclass(frozen=True, slots=True)
class Found:
    """A code with its coupon, as they stand now."""

    code: str
    code_id: UUID
    coupon_id: UUID
    store_id: UUID | None
    kind: str
    sum: int | None
    percent: Decimal | None
    cap: int | None
    minimum: int | None
    currency: str
    carrier: str
    first_order: bool
    stackable: bool
    starts_at: datetime | None
    ends_at: datetime | None
    status: str
    buyer_key: bytes | None
    is_used_up: bool
    is_used_by_buyer: bool
    is_for_product: bool
    is_carried: bool

    @property
    def terms(self) -> Terms:
        """What it promises."""
        return Terms(CouponKind(self.kind), self.sum, self.percent, self.cap, self.minimum)

    def refusal(
        self, offer: Offer, subtotal: Money, buyer: bytes | None, now: datetime
    ) -> CouponRefused | None:
        """Why this code does not hold by itself; None where it does."""
        code, lacking = self.code, missing(self.terms, subtotal)
        bound_to_another = self.buyer_key is not None and buyer is not None and bytes(self.buyer_key) != buyer
        is_over = self.ends_at is not None and self.ends_at <= now
        other_money = self.currency not in ("", subtotal.currency)
        elsewhere = other_money or self.store_id not in (None, offer.store_id)
        reasons: list[tuple[bool, CouponRefused]] = [
            (bound_to_another, CouponUnknown(code=code)),
            (self.status == CouponStatus.ENDED or is_over, CouponExpired(code=code)),
            (self.status == CouponStatus.PAUSED or not self.is_carried, CouponPaused(code=code)),
            (self.starts_at is not None and now < self.starts_at, CouponNotYet(code=code)),
            (elsewhere or not self.is_for_product, CouponNotForThis(code=code)),
            (self.is_used_by_buyer, CouponUsedByYou(code=code)),
            (self.is_used_up, CouponUsedUp(code=code)),
            (bool(lacking), CouponMinimum(code=code, missing=lacking)),
        ]
        return next((refusal for holds, refusal in reasons if holds), None)


def find(offer: Offer, codes: Sequence[str], buyer: bytes | None) -> dict[str, Found]:
    """Those of the merchant's codes that there are, by their text."""
    sought = [code for code in codes if is_code(code)]
    modes = sorted(PLATFORM_CARRIES)
    rows: list[Row] = _FIND.rows(offer.merchant_id, sought, buyer, offer.product_id, modes) if sought else []
    return {row[0]: Found(*row) for row in rows}
