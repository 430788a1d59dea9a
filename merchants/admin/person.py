"""People who sign in: members of merchants, and operators with what they may do."""

from typing import Any

from allauth.mfa.models import Authenticator
from django.contrib import admin
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from web.backoffice import Inline, Reading, display, table, yes

from ..models import Member, User
from ..roles import NAMES, Role
from .trails import trail_of


class MembershipRows(Inline):
    """The merchants that a person acts for."""

    model = Member
    fk_name = "user"
    fields = readonly_fields = ("merchant", "role_shown")
    verbose_name_plural = _("merchants")
    show_change_link = False

    @display(description=_("Role"))
    def role_shown(self, member: Member) -> str:
        return gettext(NAMES[Role(member.role)])


@admin.register(User)
class UserAdmin(Reading):
    """People, to be read. No page shows a password or the secret of a second factor."""

    prefix = "usr"
    list_display = ("email", "name", "operator", "is_active", "has_second_factor", "last_login", "joined_at")
    list_display_links = ("email",)
    list_filter = ("is_staff", "is_active")
    search_help_text = _("An e-mail address")
    inlines = (MembershipRows,)
    fields = readonly_fields = (
        *("email", "name", "is_active", "operator", "everything", "may", "has_second_factor", "language"),
        *("last_login", "joined_at", "trail"),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        mine = Authenticator.objects.filter(user=OuterRef("pk"), type=Authenticator.Type.TOTP)
        return super().get_queryset(request).annotate(has_totp=Exists(mine))

    def find(self, queryset: QuerySet[Any], term: str) -> QuerySet[Any]:
        return queryset.filter(email=term.lower())

    @display(description=_("Operator"))
    def operator(self, user: User) -> SafeString | str:
        return yes(holds=user.is_staff)

    @display(description=_("May do everything"))
    def everything(self, user: User) -> SafeString | str:
        return yes(holds=user.is_superuser)

    @display(description=_("Second factor"), boolean=True)
    def has_second_factor(self, user: User) -> bool:
        return bool(user.has_totp)

    @display(description=_("Permissions"))
    def may(self, user: User) -> SafeString:
        """What an operator may do, beyond looking."""
        wanted = [name for name in sorted(user.get_all_permissions()) if ".view_" not in name]
        return table((_("Permission"),), [(name,) for name in wanted] if not user.is_superuser else [("*",)])

    @display(description=_("Deeds"))
    def trail(self, user: User) -> SafeString:
        return trail_of(user.pk)
