"""Addresses of what belongs to no other app."""

from django.conf import settings
from django.urls import URLPattern, path
from django.views.generic import RedirectView

from .pages import styleguide

urlpatterns: list[URLPattern] = [
    path("favicon.ico", RedirectView.as_view(url="/static/favicon.svg", permanent=True)),
]
if settings.KEYWAY_STAGE != "production":
    urlpatterns.append(path("styleguide/", styleguide.show, name="styleguide"))
