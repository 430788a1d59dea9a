"""The addresses of the sandbox role: the channels' servers, played by Keyway itself."""

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("payments.sandbox.urls")),
]
