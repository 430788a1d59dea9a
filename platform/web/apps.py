"""The Django application."""

from django.apps import AppConfig


class WebConfig(AppConfig):
    """What HTTP faces share."""

    name = "web"
