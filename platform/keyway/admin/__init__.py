"""Pages of the back office about the ground, which knows no web: ledger, audit, events, schedules."""

from . import audit, ledger, outbox, schedules, webhooks

__all__ = ["audit", "ledger", "outbox", "schedules", "webhooks"]
