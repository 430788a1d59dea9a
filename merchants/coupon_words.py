"""What a coupon does, in words."""

from datetime import datetime
from decimal import Decimal

from django.utils.translation import gettext

from kernel import clock
from kernel.errors import said
from web.templatetags.ui import plain_money

from .models import Coupon
from .states import Carrier, CouponKind, CouponStatus

KINDS = {
    CouponKind.FIXED: said("A fixed amount"),
    CouponKind.PERCENTAGE: said("A percentage"),
    CouponKind.SPEND_AND_SAVE: said("Spend and save"),
}
CARRIERS = {
    Carrier.MERCHANT: said("The merchant: a lower price"),
    Carrier.PLATFORM: said("The platform: it makes up the difference"),
}


def effect(coupon: Coupon) -> str:
    """How it lowers a price: `¥5.00 off`, `10% off, at most ¥20.00 on orders from ¥100.00`."""
    amount, cap, minimum = (coupon.money(sum) for sum in (coupon.amount, coupon.cap, coupon.minimum))
    if amount is not None:
        text = gettext("{amount} off").format(amount=plain_money(amount))
    else:
        percent = f"{(coupon.percent or Decimal()).normalize():f}"
        text = gettext("{percent}% off").format(percent=percent)
    if cap is not None:
        text = gettext("{effect}, at most {cap}").format(effect=text, cap=plain_money(cap))
    if minimum is not None:
        text = gettext("{effect} on orders from {minimum}").format(effect=text, minimum=plain_money(minimum))
    return text


def standing(coupon: Coupon, now: datetime | None = None) -> str:
    """How it stands at a moment, as a word of the vocabulary: its status, or why it does not work yet."""
    moment = now or clock.now(coupon.merchant)
    if coupon.status != CouponStatus.ACTIVE:
        return str(coupon.status)
    if coupon.ends_at is not None and coupon.ends_at <= moment:
        return "expired"
    if coupon.most_uses is not None and coupon.used >= coupon.most_uses:
        return "used_up"
    if coupon.starts_at is not None and moment < coupon.starts_at:
        return "scheduled"
    return str(coupon.status)
