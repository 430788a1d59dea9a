"""Giving a person a second factor, and reading its code as their phone would show it."""

from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal import auth

from ..models import User


def has_one(user: User) -> bool:
    """Whether the person has an authenticator app."""
    return bool(Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).exists())


def give(user: User, secret: str) -> None:
    """Set the person up with an authenticator of this secret (base 32), and with recovery codes."""
    auth.TOTP.activate(user, secret)
    RecoveryCodes.activate(user)


def code_now(user: User) -> str:
    """The code that the person's app shows now. Raises Authenticator.DoesNotExist without one."""
    authenticator = Authenticator.objects.get(user=user, type=Authenticator.Type.TOTP)
    secret = get_adapter().decrypt(authenticator.data["secret"])
    counters = list(auth.yield_hotp_counters_from_time())
    return str(auth.format_hotp_value(auth.hotp_value(secret, counters[len(counters) // 2])))
