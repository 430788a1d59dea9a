"""A merchant's team: inviting, accepting, changing roles, leaving."""

import hashlib
from base64 import urlsafe_b64encode
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.urls import reverse

import audit
import outbox
import vault
from kernel import clock, ids
from kernel.actors import Actor

from .. import events
from ..errors import AlreadyMember, InvitationGone, LastOwner
from ..models import Invitation, Member, Merchant, User
from ..roles import Role

VALID_FOR = timedelta(days=7)
_PURPOSE = "merchants.invitation"


def add(merchant: Merchant, user: User, role: Role, *, actor: Actor) -> Member:
    """Make somebody a member. Raises AlreadyMember."""
    with transaction.atomic():
        member, is_new = Member.objects.get_or_create(
            merchant_id=merchant.team_id, user=user, defaults={"role": role}
        )
        if not is_new:
            raise AlreadyMember
        _record(actor, "member.added", member)
    return member


def invite(merchant: Merchant, email: str, role: Role, *, by: User, actor: Actor) -> Invitation:
    """Offer a role; a letter with a link follows. An older offer to the same e-mail ends.

    Raises AlreadyMember.
    """
    email = email.strip().lower()
    team_id = merchant.team_id
    invitation_id = ids.new()
    with transaction.atomic():
        if Member.objects.filter(merchant_id=team_id, user__email=email).exists():
            raise AlreadyMember
        Invitation.objects.filter(merchant_id=team_id, email=email, accepted_at=None).delete()
        invitation = Invitation.objects.create(
            id=invitation_id,
            merchant_id=team_id,
            email=email,
            role=role,
            token_digest=_digest(token_of(invitation_id)),
            invited_by=by,
            expires_at=clock.now() + VALID_FOR,
        )
        facts = {"role": role}
        subject = ("invitation", invitation.id)
        audit.record(actor, "member.invited", subject, merchant_id=team_id, facts=facts)
        outbox.emit([events.invited(invitation_id, team_id, role)])
    return invitation


def token_of(invitation_id: UUID) -> str:
    """The secret of an invitation's link: 128 bits that only the vault's key can make again."""
    mark = vault.fingerprint(vault.PLATFORM, str(invitation_id), purpose=_PURPOSE)
    return urlsafe_b64encode(mark).decode().rstrip("=")


def link_of(invitation: Invitation) -> str:
    """The address at which an offer is taken up. It stands in the letter and nowhere else."""
    path: str = reverse("invitation", args=[token_of(invitation.pk)])
    return settings.KEYWAY_URL + path


def open_invitation(token: str) -> Invitation:
    """The offer behind a link. Raises InvitationGone."""
    invitation = (
        Invitation.objects.select_related("merchant")
        .filter(token_digest=_digest(token), accepted_at=None, expires_at__gt=clock.now())
        .first()
    )
    if invitation is None:
        raise InvitationGone
    return invitation


def accept(token: str, user: User, *, actor: Actor) -> Member:
    """Take up an offer. Only the person with the invited e-mail may. Raises InvitationGone, AlreadyMember."""
    with transaction.atomic():
        invitation = open_invitation(token)
        taken = Invitation.objects.filter(pk=invitation.pk, accepted_at=None, email=user.email).update(
            accepted_at=clock.now()
        )
        if not taken:
            raise InvitationGone
        return add(invitation.merchant, user, Role(invitation.role), actor=actor)


def withdraw(invitation: Invitation, *, actor: Actor) -> None:
    """Take an offer back."""
    with transaction.atomic():
        subject = ("invitation", invitation.id)
        audit.record(actor, "member.invitation_withdrawn", subject, merchant_id=invitation.merchant_id)
        Invitation.objects.filter(pk=invitation.pk, accepted_at=None).delete()


def change_role(member: Member, role: Role, *, actor: Actor) -> None:
    """Give a member another role; it holds from the next request on. Raises LastOwner."""
    with transaction.atomic():
        member = _locked(member.pk, stays_owner=role is Role.OWNER)
        member.role = role
        member.save(update_fields=["role"])
        _record(actor, "member.role_changed", member)


def remove(member: Member, *, actor: Actor) -> None:
    """Take somebody off the team; they are out at their next request. Raises LastOwner."""
    with transaction.atomic():
        member = _locked(member.pk, stays_owner=False)
        _record(actor, "member.removed", member)
        member.delete()


def _locked(member_id: UUID, *, stays_owner: bool) -> Member:
    """The member, with all owners of the team locked: two of them cannot leave at the same moment."""
    team_id = Member.objects.values_list("merchant_id", flat=True).get(pk=member_id)
    everybody = Member.objects.select_for_update(no_key=True).filter(merchant_id=team_id).order_by("pk")
    team = {member.pk: member for member in everybody}
    member = team[member_id]
    owners = [other for other in team.values() if other.role == Role.OWNER]
    if not stays_owner and owners == [member]:
        raise LastOwner
    return member


def _record(actor: Actor, action: str, member: Member) -> None:
    facts = {"user": str(member.user_id), "role": member.role}
    audit.record(actor, action, ("member", member.id), merchant_id=member.merchant_id, facts=facts)


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
