"""The Django application."""

from django.apps import AppConfig
from django.conf import settings


class VaultConfig(AppConfig):
    """Sealed fields."""

    name = "vault"

    def ready(self) -> None:
        """Refuse to start without sound master keys: what cannot be sealed must not be taken."""
        from vault import masters

        masters.configured()
        if settings.KEYWAY_STAGE == "production":
            masters.refuse_examples(settings.KEYWAY_MASTER_KEYS)
