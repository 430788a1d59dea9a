"""The Django application."""

from django.apps import AppConfig


class LedgerConfig(AppConfig):
    """The double-entry ledger."""

    name = "ledger"
