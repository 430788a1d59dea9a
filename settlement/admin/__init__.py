"""Settlement in the back office."""

from . import bank_account, exchange_rate, payout, plan, schedule, statement

__all__ = ["bank_account", "exchange_rate", "payout", "plan", "schedule", "statement"]
