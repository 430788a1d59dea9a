"""The addresses that the sale hands out."""

from django.conf import settings


def notify_url(notify_token: str) -> str:
    """Where a channel sends what it has to say of one payment. Without a query string: some refuse one."""
    return f"{settings.KEYWAY_URL}/n/{notify_token}/"


def account_notify_url(account_token: str) -> str:
    """Where a channel sends what it has to say of anything at an account."""
    return f"{settings.KEYWAY_URL}/n/a/{account_token}/"


def order_url(token: str) -> str:
    """The buyer's page of an order."""
    return f"{settings.KEYWAY_URL}/o/{token}/"
