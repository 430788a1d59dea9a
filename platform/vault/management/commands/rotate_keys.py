"""`manage.py rotate_keys`: wrap data keys again under the first master key; renew those that are old."""

from argparse import ArgumentParser
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand

from kernel import clock
from vault.services import rotation


class Command(BaseCommand):
    """Both halves go in committed batches: interrupted, the command takes up where it stopped."""

    help = "Wrap every data key under the first of KEYWAY_MASTER_KEYS; renew old ones on request."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--data-keys-older-than",
            type=int,
            metavar="DAYS",
            help="also make a new data key for each owner whose newest is older than so many days",
        )

    def handle(self, *, data_keys_older_than: int | None, **_: Any) -> None:
        self._progress("wrapped again", rotation.left_to_rewrap(), rotation.rewrap())
        if data_keys_older_than is not None:
            cut = clock.now() - timedelta(days=data_keys_older_than)
            self._progress("new data keys", rotation.left_to_renew(cut), rotation.renew(cut))
        for wrapped in rotation.wrapped_by():
            self.stdout.write(f"Master key {wrapped.master} wraps {wrapped.keys} data keys.")

    def _progress(self, what: str, total: int, batches: Iterator[int]) -> None:
        done = 0
        for count in batches:
            done += count
            self.stdout.write(f"{what}: {done} of {max(done, total)}")
        self.stdout.write(f"{what}: {done}, none left")
