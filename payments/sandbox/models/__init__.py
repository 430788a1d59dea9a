"""The tables of the sandbox, all in the schema `sandbox`, without a key to any of Keyway's own."""

from .app import AlipayApp
from .bank import BankCall, BankClient, BankTransfer
from .fault import Fault
from .mail import Mail
from .notice import Notice, NoticeSend
from .stripe import (
    StripeAccount,
    StripeCall,
    StripeCard,
    StripeDispute,
    StripePlay,
    StripeRefund,
    StripeSession,
)
from .stripe_event import StripeDelivery, StripeEvent
from .trade import Play, Refund, Trade

__all__ = [
    "AlipayApp",
    "BankCall",
    "BankClient",
    "BankTransfer",
    "Fault",
    "Mail",
    "Notice",
    "NoticeSend",
    "Play",
    "Refund",
    "StripeAccount",
    "StripeCall",
    "StripeCard",
    "StripeDelivery",
    "StripeDispute",
    "StripeEvent",
    "StripePlay",
    "StripeRefund",
    "StripeSession",
    "Trade",
]
