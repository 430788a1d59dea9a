"""The Django application."""

from django.apps import AppConfig


class WebhooksConfig(AppConfig):
    """Endpoints, deliveries and attempts."""

    name = "webhooks"
