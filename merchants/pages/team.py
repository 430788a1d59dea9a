"""A merchant's team, and taking up an invitation to it."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from kernel import ids
from kernel.actors import Actor, ActorKind
from kernel.errors import Invalid, NotFound
from web import problems
from web.secrecy import secret_address

from ..errors import AlreadyMember
from ..forms.refusals import add_problem
from ..forms.team import InviteForm, MemberRoleForm, NewPersonForm
from ..models import Invitation, Member, User
from ..roles import NAMES, PERMISSION_NAMES, PERMISSIONS, SENSITIVE, Permission, Role
from ..services import people, team
from ..sign_in import limits
from .desk import Desk, page, show


@require_GET
@page(Permission.VIEW_TEAM)
def members(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Who may do what."""
    return _page(request, desk, InviteForm())


@require_POST
@page(Permission.MANAGE_TEAM)
def invite(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Offer a role to an e-mail address."""
    form = InviteForm(request.POST)
    if form.is_valid():
        email, role = form.cleaned_data["email"], Role(form.cleaned_data["role"])
        try:
            team.invite(desk.merchant, email, role, by=desk.user, actor=desk.actor)
        except AlreadyMember as problem:
            add_problem(form, problem, problems.title(problem))
        else:
            messages.success(request, gettext("The invitation is on its way."))
            return _back(desk)
    return _page(request, desk, form)


@require_POST
@page(Permission.MANAGE_TEAM)
def role(request: HttpRequest, desk: Desk, member: str) -> HttpResponse:
    """Give a member another role."""
    found = _member_of(desk, member)
    form = MemberRoleForm(request.POST)
    if form.is_valid():
        team.change_role(found, Role(form.cleaned_data["role"]), actor=desk.actor)
        messages.success(request, gettext("The role is changed; it holds at once."))
    return _back(desk)


@require_POST
@page(Permission.MANAGE_TEAM)
def remove(request: HttpRequest, desk: Desk, member: str) -> HttpResponse:
    """Take somebody off the team."""
    team.remove(_member_of(desk, member), actor=desk.actor)
    messages.success(request, gettext("The person is off the team and out at once."))
    return _back(desk)


@require_POST
@page(Permission.MANAGE_TEAM)
def withdraw(request: HttpRequest, desk: Desk, invitation: str) -> HttpResponse:
    """Take an invitation back."""
    found = Invitation.objects.filter(
        merchant_id=desk.merchant.team_id, pk=ids.decode("inv", invitation)
    ).first()
    if found is None:
        raise NotFound(invitation=invitation[:40])
    team.withdraw(found, actor=desk.actor)
    messages.success(request, gettext("The invitation is taken back."))
    return _back(desk)


@secret_address
@require_http_methods(["GET", "POST"])
def accept(request: HttpRequest, token: str) -> HttpResponse:
    """Take up an invitation: as who is signed in, or as a new person."""
    invitation = team.open_invitation(token)
    known = User.objects.filter(email=invitation.email).first()
    user = request.user if isinstance(request.user, User) else None
    form = NewPersonForm(request.POST if request.method == "POST" and known is None else None)
    if request.method == "POST":
        if known is not None and user == known:
            team.accept(token, known, actor=_actor(request, known))
            return HttpResponseRedirect("/m/")
        if known is None and form.is_valid():
            try:
                person = people.join(
                    token,
                    form.cleaned_data["name"],
                    form.cleaned_data["password"],
                    at=limits.client_address(request),
                )
            except Invalid as problem:
                add_problem(form, problem, problems.title(problem))
            else:
                messages.success(request, gettext("Your account is made. Sign in with it now."))
                return HttpResponseRedirect(f"{reverse('account_login')}?login={person.email}")
    facts = {
        "invitation": invitation,
        "known": known,
        "is_me": user is not None and user == known,
        "form": form,
    }
    return render(request, "account/invitation.html", facts)


def _page(request: HttpRequest, desk: Desk, form: InviteForm) -> HttpResponse:
    team_id = desk.merchant.team_id
    everybody = Member.objects.filter(merchant_id=team_id).select_related("user").order_by("joined_at")
    facts = {
        "rows": [
            (one, MemberRoleForm(initial={"role": one.role}, auto_id=f"{one.key}-%s")) for one in everybody
        ],
        "invitations": Invitation.objects.filter(merchant_id=team_id, accepted_at=None).order_by(
            "-created_at"
        ),
        "form": form,
        "roles": list(NAMES.values()),
        "matrix": _matrix(),
    }
    return show(request, desk, "dashboard/team.html", facts)


def _matrix() -> list[tuple[str, bool, list[bool]]]:
    """What each role may do: the permission's name, whether it is sensitive, and yes or no for every role."""
    return [
        (name, permission in SENSITIVE, [permission in PERMISSIONS[role] for role in NAMES])
        for permission, name in PERMISSION_NAMES.items()
    ]


def _member_of(desk: Desk, key: str) -> Member:
    found = Member.objects.filter(merchant_id=desk.merchant.team_id, pk=ids.decode("mem", key)).first()
    if found is None:
        raise NotFound(member=key[:40])
    return found


def _actor(request: HttpRequest, user: User) -> Actor:
    return Actor(ActorKind.MEMBER, user.id, limits.client_address(request))


def _back(desk: Desk) -> HttpResponse:
    return HttpResponseRedirect(reverse("merchants:team", args=[desk.merchant.key]))
