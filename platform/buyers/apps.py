"""The Django application."""

from django.apps import AppConfig


class BuyersConfig(AppConfig):
    """Buyers, their sign-in and their consents."""

    name = "buyers"
