"""The addresses of the sandbox role: the channels' servers, played by Keyway itself."""

from django.urls import URLPattern, URLResolver

urlpatterns: list[URLPattern | URLResolver] = []
