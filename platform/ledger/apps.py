"""The Django application."""

from django.apps import AppConfig


class LedgerConfig(AppConfig):
    """The double-entry ledger."""

    name = "ledger"
    default_auto_field = "django.db.models.BigAutoField"
