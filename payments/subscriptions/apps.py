"""The Django application."""

from django.apps import AppConfig


class SubscriptionsConfig(AppConfig):
    """Memberships that renew."""

    name = "payments.subscriptions"
    label = "subscriptions"
