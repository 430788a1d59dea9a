"""People at the door: signing in for tests, the long way and the short one."""

import time
from typing import Any

from allauth.account.internal.flows.login import (
    _AUTHENTICATION_METHODS_USER_SESSION_KEY,
    AUTHENTICATION_METHODS_SESSION_KEY,
)
from allauth.account.internal.userkit import user_id_to_str
from django.test import Client

from merchants.models import User
from merchants.sign_in import factors
from tests.factories.merchants import PASSWORD

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def browser(**headers: Any) -> Client:
    """A browser that comes over TLS, as cookies of production need it."""
    return Client(**headers)


def signed_in(user: User) -> Client:
    """A browser in which the user has signed in with both factors."""
    if not factors.has_one(user):
        factors.give(user, SECRET)
    client = browser()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    session = client.session
    session[AUTHENTICATION_METHODS_SESSION_KEY] = [{"method": "mfa", "type": "totp", "at": time.time()}]
    session[_AUTHENTICATION_METHODS_USER_SESSION_KEY] = user_id_to_str(user)
    session.save()
    return client


def try_password(client: Client, email: str, password: str = PASSWORD, **extra: Any) -> Any:
    """Send the sign-in form."""
    return client.post("/account/login/", {"login": email, "password": password}, **extra)
