"""manage.py totp_code USER: somebody's second factor, as a phone would show it now. Never in production."""

from typing import Any

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from merchants.models import User
from merchants.sign_in import factors


class Command(BaseCommand):
    """Prints the current code of an authenticator app."""

    help = "Print the current second-factor code of a user (development and test only)."

    def add_arguments(self, parser: CommandParser) -> None:
        """Whose code."""
        parser.add_argument("email", help="the user's e-mail, or what stands before its @")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Print the code."""
        if settings.KEYWAY_STAGE == "production":
            raise CommandError("Codes are printed in development and test only.")
        name = str(options["email"]).lower()
        people = User.objects.filter(email=name) or User.objects.filter(email__startswith=f"{name}@")
        if len(people) != 1:
            raise CommandError(f"There is no user {name!r}; script/server prints the demo's sign-ins.")
        try:
            self.stdout.write(factors.code_now(people[0]))
        except Authenticator.DoesNotExist:
            raise CommandError(f"{people[0].email} has no authenticator app yet.") from None
