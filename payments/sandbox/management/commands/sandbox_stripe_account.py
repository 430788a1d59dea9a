"""Open an account at the sandbox's Stripe."""

import json
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand

from payments.sandbox.stripe import accounts


class Command(BaseCommand):
    """Prints what a merchant copies from Stripe's dashboard: id, secret key, webhook secret."""

    help = "Open an account at the sandbox's Stripe and print its id, secret key and webhook secret as JSON."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Say what can be given."""
        parser.add_argument("name", help="the payee that buyers read")
        parser.add_argument("--webhook", default="", help="the address that events are sent to")
        parser.add_argument(
            "--magic", action="store_true", help="let the cents of an amount decide what happens"
        )

    def handle(self, *_: Any, **options: Any) -> None:
        """Open the account."""
        opened = accounts.open(options["name"], webhook_url=options["webhook"], magic=options["magic"])
        self.stdout.write(json.dumps(asdict(opened)))
