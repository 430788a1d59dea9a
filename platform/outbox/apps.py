"""The Django application."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.module_loading import autodiscover_modules


class OutboxConfig(AppConfig):
    """Events."""

    name = "outbox"

    def ready(self) -> None:
        """Meet the subscribers of all apps, and give new ones their cursors once the tables are there."""
        from .services import cursors

        autodiscover_modules("subscribers")
        post_migrate.connect(cursors.after_migrate, sender=self)
