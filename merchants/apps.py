"""The Django application."""

from django.apps import AppConfig


class MerchantsConfig(AppConfig):
    """Who sells what."""

    name = "merchants"
