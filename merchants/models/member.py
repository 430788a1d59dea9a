"""Who may act for a merchant, and who is asked to."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext

from kernel import ids

from ..roles import NAMES, PERMISSIONS, Permission, Role
from .merchant import Merchant
from .user import User


class Member(models.Model):
    """A person of a live merchant's team; the twin has the same team."""

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    merchant = models.ForeignKey(
        Merchant, on_delete=models.PROTECT, related_name="members", db_constraint=False
    )
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=10, choices=[(r.value, r.value) for r in Role])
    joined_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["merchant", "user"], name="member_once"),
            models.CheckConstraint(condition=Q(role__in=list(Role)), name="member_role"),
        ]

    def __str__(self) -> str:
        return f"{self.user} ({self.role})"

    @property
    def key(self) -> str:
        """The member's name in addresses: `mem_…`."""
        return ids.encode("mem", self.id)

    @property
    def role_name(self) -> str:
        """The role in the reader's language."""
        return gettext(NAMES[Role(self.role)])

    def may(self, permission: Permission) -> bool:
        """Whether the member's role has this permission."""
        return permission in PERMISSIONS[Role(self.role)]


class Invitation(models.Model):
    """An offer of a role to an e-mail address. Only a digest of the link's token is kept."""

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    merchant = models.ForeignKey(
        Merchant, on_delete=models.CASCADE, related_name="invitations", db_constraint=False
    )
    email = models.EmailField()
    role = models.CharField(max_length=10, choices=[(r.value, r.value) for r in Role])
    token_digest = models.BinaryField(max_length=32, unique=True)
    invited_by = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                fields=["merchant", "email"], condition=Q(accepted_at__isnull=True), name="invitation_once"
            ),
            models.CheckConstraint(condition=Q(role__in=list(Role)), name="invitation_role"),
        ]

    def __str__(self) -> str:
        return f"{self.email} ({self.role})"

    @property
    def key(self) -> str:
        """The invitation's name in addresses: `inv_…`. Its link carries a secret instead."""
        return ids.encode("inv", self.id)

    @property
    def role_name(self) -> str:
        """The role in the reader's language."""
        return gettext(NAMES[Role(self.role)])
