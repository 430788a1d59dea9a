"""The Django application."""

from django.apps import AppConfig


class SettlementConfig(AppConfig):
    """Fees and settlement."""

    name = "settlement"
