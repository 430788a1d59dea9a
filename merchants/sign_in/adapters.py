"""allauth in our terms: nobody signs up by themselves, links carry our own address, secrets are sealed."""

from base64 import b64decode, b64encode
from typing import Any, ClassVar
from urllib.parse import urlsplit

from allauth.account import app_settings
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import get_authentication_records
from allauth.core import context as allauth_context
from allauth.mfa.adapter import DefaultMFAAdapter
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

import audit
import vault
from kernel import clock
from kernel.actors import Actor, ActorKind

from ..models import User
from . import familiar, letters, limits

_CONTEXT = "merchants.second_factor"


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Signing in, and the mails about it."""

    error_messages: ClassVar[dict[str, Any]] = {
        **DefaultAccountAdapter.error_messages,
        "email_password_mismatch": _("E-mail or password is wrong."),
        "incorrect_password": _("The password is wrong."),
        "too_many_login_attempts": _("Too many tries. Please wait a few minutes."),
        "rate_limited": _("Too many tries. Please wait a few minutes."),
    }

    def is_open_for_signup(self, _request: HttpRequest) -> bool:
        """People come in by invitation."""
        return False

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Tries are counted by `limits`, which does not shut an owner out; allauth's own count would."""

    def get_client_ip(self, request: HttpRequest) -> str:
        """The client's address, as the trusted proxies say."""
        return limits.client_address(request)

    def get_reset_password_from_key_url(self, key: str) -> str:
        """A link on the configured address, whatever Host the request named."""
        person, _, secret = key.partition("-")
        path = reverse("account_reset_password_from_key", kwargs={"uidb36": person, "key": secret})
        return settings.KEYWAY_URL + path

    def format_email_subject(self, subject: str) -> str:
        """Without a site's name in brackets."""
        return subject

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Render the mail, and hand it over."""
        facts = {"request": allauth_context.request, "email": email, **context}
        letters.hand_over(self.render_mail(template_prefix, email, facts))

    def is_safe_url(self, url: str) -> bool:
        """Only an address of this place."""
        parts = urlsplit(url)
        return (
            not parts.scheme
            and not parts.netloc
            and url.startswith("/")
            and not url.startswith(("//", "/\\"))
        )

    def is_reauthentication_required(self, *, app: str) -> bool:
        """Who signed in or confirmed it a few minutes ago need not confirm it again."""
        records = get_authentication_records(allauth_context.request, allauth_context.request.user)
        recent = (
            bool(records)
            and clock.now().timestamp() - records[-1]["at"] < app_settings.REAUTHENTICATION_TIMEOUT
        )
        return not recent and bool(super().is_reauthentication_required(app=app))

    def post_login(self, request: HttpRequest, user: User, **kwargs: Any) -> HttpResponse:
        """Record who came in from where, and let the browser be familiar."""
        response: HttpResponse = super().post_login(request, user, **kwargs)
        familiar.remember(request, response, user.email)
        kind = ActorKind.OPERATOR if user.is_staff else ActorKind.MEMBER
        actor = Actor(kind, user.id, limits.client_address(request))
        audit.record(actor, "user.signed_in", ("user", user.id))
        return response


class SecondFactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """Secrets of authenticator apps and recovery codes, sealed by the vault."""

    error_messages: ClassVar[dict[str, Any]] = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": _("The code is wrong or was used already. Wait for the next one."),
    }

    def encrypt(self, text: str) -> str:
        """As the database keeps it."""
        return b64encode(vault.seal(vault.PLATFORM, text, context=_CONTEXT)).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """Back again. Raises Unreadable for what was altered."""
        return vault.open(vault.PLATFORM, b64decode(encrypted_text), context=_CONTEXT).decode()

    def get_totp_issuer(self) -> str:
        """What the authenticator app calls us."""
        return "Keyway"
