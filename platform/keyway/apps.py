"""The Django application of the composition root: management commands, checks, and the ports it binds."""

from django.apps import AppConfig


class KeywayConfig(AppConfig):
    """Binds what lower apps declare to what higher apps offer."""

    name = "keyway"

    def ready(self) -> None:
        """Bind the ports, and register the checks of `check --deploy`."""
        import vault
        from audit import origins

        origins.bind(vault)
