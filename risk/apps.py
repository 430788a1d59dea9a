"""The Django application."""

from django.apps import AppConfig


class RiskConfig(AppConfig):
    """Risk decisions."""

    name = "risk"
