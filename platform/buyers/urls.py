"""The addresses below `/my/` that need no orders."""

from django.urls import path

from .pages import consents, settings, sign_in

app_name = "buyers"
urlpatterns = [
    path("my/sign-in/", sign_in.ask, name="sign-in"),
    path("my/sign-in/code/", sign_in.code, name="code"),
    path("my/sign-out/", sign_in.leave, name="sign-out"),
    path("my/consents/", consents.listing, name="consents"),
    path("my/consents/<str:consent>/end/", consents.end, name="consent-end"),
    path("my/settings/", settings.show, name="settings"),
    path("my/settings/language/", settings.language, name="language"),
    path("my/settings/email/", settings.email, name="email"),
    path("my/settings/email/codes/", settings.email_codes, name="email-codes"),
    path("my/settings/sign-out/", settings.leave_everywhere, name="sign-out-everywhere"),
    path("my/settings/delete/", settings.erase, name="erase"),
]
