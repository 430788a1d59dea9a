"""A code of the authenticator, asked again before something that a stolen session must not do."""

from datetime import datetime, timedelta
from uuid import UUID

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP

from kernel import clock
from kernel.errors import Problem, said
from web import limits

_TRIES = 5
_PER = timedelta(minutes=5)


class WrongCode(Problem):
    """The code is not the one that the person's app shows, or was used before."""

    code, status, title = "sign_in.wrong_code", 403, said("This code is not right, or was used already.")
    advice = said("Nothing was changed. Wait for the next code of your authenticator and try again.")


def require(user_id: UUID, code: str) -> datetime:
    """When the code was shown, which is now. A code counts once. Raises WrongCode, TooOften."""
    limits.take("sign_in.code", str(user_id), most=_TRIES, per=_PER)
    authenticator = Authenticator.objects.filter(user_id=user_id, type=Authenticator.Type.TOTP).first()
    if authenticator is None or not TOTP(authenticator).validate_code(code.strip().replace(" ", "")):
        raise WrongCode(field="code")
    return clock.now()
