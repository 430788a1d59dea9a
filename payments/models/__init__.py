"""The tables of the sale, a noun a file."""

from .account import ChannelAccount
from .alert import Alert
from .dispute import Dispute
from .memo import Memo
from .notice import Notice, UnverifiedNotice
from .order import Order
from .payment import Payment
from .refund import Refund

__all__ = [
    "Alert",
    "ChannelAccount",
    "Dispute",
    "Memo",
    "Notice",
    "Order",
    "Payment",
    "Refund",
    "UnverifiedNotice",
]
