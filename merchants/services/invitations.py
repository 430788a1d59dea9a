"""Invitations by mail. The link's secret stands in the mail and nowhere else."""

import structlog
from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.urls import reverse

from kernel.actors import Actor

from ..models import Merchant, User
from ..roles import Role
from . import team

_log = structlog.get_logger(__name__)


def send(merchant: Merchant, email: str, role: Role, *, by: User, actor: Actor) -> tuple[bool, str]:
    """Invite somebody. Whether the mail went out, and the link, for whoever invites to pass on otherwise.

    Raises AlreadyMember. A mail server that fails does not undo the invitation.
    """
    invitation, token = team.invite(merchant, email, role, by=by, actor=actor)
    link = settings.KEYWAY_URL + reverse("invitation", args=[token])
    facts = {"merchant": merchant, "link": link, "by": by, "invitation": invitation}
    subject = " ".join(render_to_string("account/email/invitation_subject.txt", facts).split())
    body = render_to_string("account/email/invitation_message.txt", facts)
    try:
        send_mail(subject, body, None, [invitation.email])
    except OSError as error:
        _log.warning("merchants.invitation_not_sent", error=type(error).__name__)
        return False, link
    return True, link
