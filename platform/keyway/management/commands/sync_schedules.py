"""`manage.py sync_schedules`: bring the table of periodic tasks to beat. `migrate` does it as well."""

from typing import Any

from django.core.management.base import BaseCommand

from keyway import schedules


class Command(BaseCommand):
    """May be run at any time: what an operator changed stays."""

    help = "Bring Keyway's periodic tasks to the database of beat; an operator's changes stay."

    def handle(self, **_: Any) -> None:
        """Say what changed."""
        for name in schedules.sync():
            self.stdout.write(name)
