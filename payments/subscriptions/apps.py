"""The Django application."""

from django.apps import AppConfig


class SubscriptionsConfig(AppConfig):
    """Memberships that renew."""

    name = "payments.subscriptions"
    label = "subscriptions"

    def ready(self) -> None:
        """Answer the sale, and say what waits for a merchant."""
        from payments import memberships, sales

        from . import waiting
        from .services.port import Port

        memberships.bind(Port())
        sales.WAITING.append(waiting.past_due)
