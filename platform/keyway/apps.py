"""The Django application of the composition root: management commands, checks, and the ports it binds."""

from typing import Any

from django.apps import AppConfig, apps
from django.db.models.signals import post_migrate


class KeywayConfig(AppConfig):
    """Binds what lower apps declare to what higher apps offer."""

    name = "keyway"

    def ready(self) -> None:
        """Bind the ports, register the checks of `check --deploy`, and let `migrate` fill beat's table."""
        import vault
        from audit import origins
        from keyway import checks, coming
        from keyway.operators import names
        from payments.channels import bank
        from settlement import rails
        from web.api import sealing

        names.give()
        coming.declare()
        rails.bind(bank.CODE, bank.Bank())
        origins.bind(vault)
        sealing.bind(vault)
        checks.register()
        post_migrate.connect(_sync_schedules, sender=apps.get_app_config("django_celery_beat"))


def _sync_schedules(**_: Any) -> None:
    from keyway import schedules

    schedules.sync()
