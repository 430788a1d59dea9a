"""The Django application."""

from django.apps import AppConfig


class OutboxConfig(AppConfig):
    """Events."""

    name = "outbox"
