"""The Django application."""

from django.apps import AppConfig


class SubscriptionsConfig(AppConfig):
    """Memberships that renew."""

    name = "payments.subscriptions"
    label = "subscriptions"

    def ready(self) -> None:
        """Answer the sale."""
        from payments import memberships

        from .services.port import Port

        memberships.bind(Port())
