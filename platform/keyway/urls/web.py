"""The addresses of the faces: buyers, merchants, operators, channels."""

from django.contrib import admin
from django.urls import URLPattern, URLResolver, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("ops/", admin.site.urls),
]
