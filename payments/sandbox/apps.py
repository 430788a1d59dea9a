"""The Django application."""

from django.apps import AppConfig


class SandboxConfig(AppConfig):
    """The channels' servers, for play."""

    name = "payments.sandbox"
    label = "sandbox"
