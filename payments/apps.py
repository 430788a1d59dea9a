"""The Django application."""

from django.apps import AppConfig


class PaymentsConfig(AppConfig):
    """The sale."""

    name = "payments"
