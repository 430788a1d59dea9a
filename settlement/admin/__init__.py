"""Settlement in the back office."""

from . import bank_account, payout, plan, schedule, statement

__all__ = ["bank_account", "payout", "plan", "schedule", "statement"]
