"""The sale in the back office. Money is read here; what changes anything is a deed of a service."""

from . import account, alert, dispute, notice, order, payment, refund

__all__ = ["account", "alert", "dispute", "notice", "order", "payment", "refund"]
