"""The Django application."""

from django.apps import AppConfig


class VaultConfig(AppConfig):
    """Sealed fields."""

    name = "vault"
