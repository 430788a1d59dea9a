"""What every template may use."""

from django.conf import settings
from django.http import HttpRequest

from . import preferences


def page(request: HttpRequest) -> dict[str, object]:
    """Language tag and theme of the page, and what the page may know of its surroundings."""
    return {
        "lang_tag": preferences.tag(),
        "theme": preferences.theme(request),
        "public_url": settings.KEYWAY_URL,
    }
