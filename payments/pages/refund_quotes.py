"""What a refund gives back and takes, shown before it is asked for."""

from dataclasses import dataclass
from typing import Any

from kernel.money import Money, exponent
from settlement.fees import SaleFees

from ..models import Payment
from ..services import refunds


@dataclass(frozen=True, slots=True)
class RefundQuote:
    """The quote for all that can still go back; the browser computes it for a part by the same rule."""

    amount: Money
    fees: SaleFees
    promotion: Money  # what the platform takes back of a discount that it carries
    cost: Money  # what it takes from the merchant: the amount and the promotion less the fees that come back
    rule: dict[str, Any]


def quote(payment: Payment) -> RefundQuote:
    """What giving back everything that is left comes to, and the figures by which a part is computed."""
    amount = payment.refundable
    back = refunds.fees_back(payment, amount)
    promotion = Money(refunds.promotion_back(payment, amount), payment.currency)
    rule = {
        "currency": payment.currency,
        "digits": exponent(payment.currency),
        "whole": payment.amount,
        "gone": payment.amount - amount.amount,
        "platform": [payment.platform_fee, payment.platform_fee_returned],
        "channel": [payment.channel_fee, payment.channel_fee_returned],
        "promotion": [payment.promotion, payment.promotion_returned],
        "bears": payment.merchant_bears_channel,
    }
    return RefundQuote(amount, back, promotion, amount + promotion - back.from_merchant, rule)
