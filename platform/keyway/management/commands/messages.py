"""Bring the translation catalogue up to date with the code."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from keyway import catalogue


class Command(BaseCommand):
    """`manage.py messages` writes the catalogue; `--check` fails when it is stale or not all Chinese."""

    requires_system_checks = ()
    help = "Update the translation catalogue from the code."

    def add_arguments(self, parser: CommandParser) -> None:
        """`--check` changes nothing."""
        parser.add_argument("--check", action="store_true")

    def handle(self, *_args: Any, check: bool, **_options: Any) -> None:
        """Update or check."""
        catalog = catalogue.updated()
        text, missing = catalogue.rendered(catalog), catalogue.untranslated(catalog)
        stale = not catalogue.FILE.exists() or catalogue.FILE.read_bytes() != text
        if stale and not check:
            catalogue.FILE.parent.mkdir(parents=True, exist_ok=True)
            catalogue.FILE.write_bytes(text)
        for message in missing:
            self.stdout.write(
                f"no Chinese: {message.id!r} ({', '.join(place for place, _ in message.locations)})"
            )
        self.stdout.write(f"{len(catalog)} strings, {len(missing)} without Chinese")
        if check and (stale or missing):
            raise CommandError(
                "The catalogue is not up to date: run `manage.py messages`, translate what it names."
            )
