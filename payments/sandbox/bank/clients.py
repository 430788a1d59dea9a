"""Who may call the bank."""

import secrets

from kernel import clock

from ..models import BankClient


def register(name: str, label: str) -> str:
    """Let a client call from now on, and give its secret; the one before works no more."""
    secret = secrets.token_urlsafe(32)
    BankClient.objects.update_or_create(
        name=name, defaults={"label": label, "secret": secret, "created_at": clock.now()}
    )
    return secret
