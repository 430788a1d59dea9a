"""People who come in by an invitation and have no account yet."""

from django.contrib.auth import password_validation
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

import audit
from kernel.actors import Actor, ActorKind
from kernel.errors import Invalid

from ..errors import InvitationGone
from ..models import User
from . import team


def join(token: str, name: str, password: str, *, at: str) -> User:
    """An account for the invited e-mail, and the membership. `at` is the address it was made from.

    Raises InvitationGone, or Invalid for a weak password. The second factor is set up at the first sign-in.
    """
    email = team.open_invitation(token).email
    try:
        password_validation.validate_password(password, User(email=email, name=name))
    except ValidationError as error:
        raise Invalid(errors={"password": error.messages}) from error
    try:
        with transaction.atomic():
            user = User.objects.create_user(email, password, name=name)
            actor = Actor(ActorKind.MEMBER, user.id, at)
            audit.record(actor, "user.joined", ("user", user.id))
            team.accept(token, user, actor=actor)
    except IntegrityError as error:
        # Somebody with this e-mail came in at the same moment; they accept by signing in.
        raise InvitationGone from error
    return user
