"""Passwords of tests are hashed a thousand times, not a million: what is slow on purpose costs minutes."""

from django.conf import settings
from django.contrib.auth.hashers import PBKDF2PasswordHasher

PRODUCTION = tuple(settings.PASSWORD_HASHERS)


class Quick(PBKDF2PasswordHasher):
    """The hashing of production with fewer rounds: a process that runs as in production can read it."""

    iterations = 1_000


def hash_quickly() -> None:
    """From now on, in this process."""
    settings.PASSWORD_HASHERS = [f"{__name__}.Quick"]
