"""Members and who is to become one."""

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from ..roles import NAMES, Role

ROLE_NAMES = {
    Role.OWNER: _("Owner: everything, the team included"),
    Role.ADMIN: _("Admin: everything, the team included"),
    Role.STAFF: _("Staff: products and stock"),
    Role.SUPPORT: _("Support: orders, refunds, may read keys"),
    Role.FINANCE: _("Finance: balance and refunds"),
    Role.DEVELOPER: _("Developer: may look, manages API keys"),
    Role.VIEWER: _("Viewer: may look"),
}


class MemberRoleForm(forms.Form):
    """A member's role, in a word."""

    role = forms.ChoiceField(
        label=_("Role"), choices=lambda: [(role.value, gettext(name)) for role, name in NAMES.items()]
    )


class RoleForm(forms.Form):
    """A role to be given, with what it may do."""

    role = forms.ChoiceField(
        label=_("Role"),
        choices=[(role.value, name) for role, name in ROLE_NAMES.items()],
        initial=Role.VIEWER,
    )


class InviteForm(RoleForm):
    """Somebody to be invited."""

    email = forms.EmailField(label=_("E-mail"))
    field_order = ("email", "role")


class NewPersonForm(forms.Form):
    """Who takes up an invitation and has no account yet."""

    name = forms.CharField(label=_("Your name"), max_length=80)
    password = forms.CharField(
        label=_("A password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_("At least 12 characters; a sentence is easier to remember than a riddle."),
    )
