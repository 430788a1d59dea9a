"""The addresses of the faces: buyers, merchants, operators, channels."""

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

handler400 = "web.pages.errors.bad_request"
handler403 = "web.pages.errors.forbidden"
handler404 = "web.pages.errors.not_found"
handler500 = "web.pages.errors.broken"

urlpatterns: list[URLPattern | URLResolver] = [
    path("ops/", admin.site.urls),
    path("account/", include("merchants.sign_in.urls")),
    path("", include("payments.urls")),
    path("", include("merchants.urls")),
    path("", include("web.urls")),
]
