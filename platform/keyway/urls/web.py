"""The addresses of the faces: buyers, merchants, operators, channels."""

from allauth.account.views import logout
from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path
from django.views.generic import RedirectView

from web.api.documents import Reference

handler400 = "web.pages.errors.bad_request"
handler403 = "web.pages.errors.forbidden"
handler404 = "web.pages.errors.not_found"
handler500 = "web.pages.errors.broken"

urlpatterns: list[URLPattern | URLResolver] = [
    # There is one door for everybody, with a second factor: the admin's own doors lead to it.
    path("ops/login/", RedirectView.as_view(pattern_name="account_login")),
    path("ops/logout/", logout),
    path("ops/password_change/", RedirectView.as_view(pattern_name="account_change_password")),
    path("ops/", admin.site.urls),
    path("api/v1/", include("keyway.urls.api")),
    path("docs/api/", Reference.as_view(), name="api-docs"),
    path("account/", include("merchants.sign_in.urls")),
    path("", include("buyers.urls")),
    path("", include("payments.my_urls")),
    path("", include("payments.urls")),
    path("", include("payments.subscriptions.urls")),
    path("", include("settlement.urls")),
    path("", include("merchants.urls")),
    path("", include("web.urls")),
]
