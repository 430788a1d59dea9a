"""Register an app with the sandbox's Alipay."""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from payments.sandbox.alipay import apps


class Command(BaseCommand):
    """Prints the platform's public key, which verifies what this app receives."""

    help = "Register an app with the sandbox's Alipay and print the platform's public key."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Say what can be given."""
        parser.add_argument("app_id")
        parser.add_argument("--seller", required=True, help="the seller's number, 2088…")
        parser.add_argument(
            "--public-key", default="-", help="a file with the app's public key; - is the input"
        )
        parser.add_argument("--name", default="沙箱商户", help="the payee that buyers read")
        parser.add_argument(
            "--magic", action="store_true", help="let the cents of an amount decide what happens"
        )

    def handle(self, *_: Any, **options: Any) -> None:
        """Register the app."""
        source = options["public_key"]
        try:
            key = sys.stdin.read() if source == "-" else Path(source).read_text(encoding="ascii")
            platform_key = apps.register(
                options["app_id"], key, options["seller"], name=options["name"], magic=options["magic"]
            )
        except (OSError, ValueError) as error:
            raise CommandError(f"The key cannot be used: {error}.") from error
        self.stdout.write(platform_key)
