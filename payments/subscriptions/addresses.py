"""The addresses that memberships hand out."""

from django.conf import settings


def subscription_url(token: str) -> str:
    """The buyer's page of a subscription."""
    return f"{settings.KEYWAY_URL}{subscription_path(token)}"


def subscription_path(token: str) -> str:
    """The same, on this site."""
    return f"/subscriptions/{token}/"
