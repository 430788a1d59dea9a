"""Whose desk a request comes to. Every page of the dashboard starts here, and reads from this merchant only.

Who is not in the team finds nothing (404); who is and lacks the permission is told so (403). Both are read
anew with every request, so a change holds at once.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import wraps
from typing import Any, Concatenate, ParamSpec
from zoneinfo import ZoneInfo

from allauth.account.internal.flows.reauthentication import did_recently_reauthenticate
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.http import urlencode

from kernel import ids
from kernel.actors import Actor, ActorKind
from kernel.errors import Forbidden, NotFound

from ..models import Member, Merchant, Store, User
from ..roles import Permission
from ..sign_in import limits

Parameters = ParamSpec("Parameters")
Page = Callable[Concatenate[HttpRequest, "Desk", Parameters], HttpResponseBase]


@dataclass(frozen=True, slots=True)
class Desk:
    """A member at work for a merchant, live or twin.

    `stores` are those that the page can be narrowed to, none where that makes no sense; `store` is the one
    that the address names, None for all of them.
    """

    merchant: Merchant
    member: Member
    user: User
    actor: Actor
    stores: tuple[Store, ...] = ()
    store: Store | None = None

    def may(self, permission: str) -> bool:
        """Whether the member's role has the permission."""
        return self.member.may(Permission(permission))

    @property
    def rights(self) -> dict[str, bool]:
        """Every permission by its name, for templates: `{% if desk.rights.refund %}`."""
        return {permission.value: self.member.may(permission) for permission in Permission}

    @property
    def store_query(self) -> str:
        """What keeps the chosen store in an address: `?store=sto_…`, or nothing."""
        return f"?{urlencode({'store': self.store.key})}" if self.store else ""

    @property
    def other_book(self) -> Merchant | None:
        """The twin of a live merchant, the live merchant of a twin."""
        if self.merchant.is_sandbox:
            return self.merchant.twin_of
        return Merchant.objects.filter(twin_of=self.merchant).first()


def page(
    permission: Permission, *, by_store: bool = False
) -> Callable[[Page[Parameters]], Callable[..., HttpResponseBase]]:
    """Make a view a page of the dashboard: `/m/<merchant>/…` for members with this permission.

    `by_store`: it can be narrowed to one store, by `?store=sto_…`; another merchant's store is not there.
    """

    def decorate(view: Page[Parameters]) -> Callable[..., HttpResponseBase]:
        @wraps(view)
        def guarded(
            request: HttpRequest, merchant: str, *args: Parameters.args, **kwargs: Parameters.kwargs
        ) -> HttpResponseBase:
            desk = _desk(request, merchant)
            if not desk.may(permission):
                raise Forbidden(permission=permission)
            if by_store:
                desk = _narrowed(desk, request.GET.get("store", ""))
            with timezone.override(ZoneInfo(desk.merchant.time_zone)):
                return view(request, desk, *args, **kwargs)

        guarded.permission = permission  # type: ignore[attr-defined]
        return guarded

    return decorate


def show(
    request: HttpRequest, desk: Desk, template: str, facts: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    """Render a page of the dashboard in its frame."""
    frame = {"desk": desk, "merchant": desk.merchant, "book": desk.merchant.book}
    return render(request, template, {**frame, **facts}, status=status)


def confirmed_recently(request: HttpRequest) -> bool:
    """Whether the person has just shown again that it is them: asked for before keys are shown."""
    return bool(did_recently_reauthenticate(request))


def _narrowed(desk: Desk, key: str) -> Desk:
    stores = tuple(Store.objects.filter(merchant=desk.merchant).order_by("created_at"))
    if not key:
        return replace(desk, stores=stores)
    wanted = ids.decode("sto", key)
    chosen = next((store for store in stores if store.pk == wanted), None)
    if chosen is None:
        raise NotFound(store=key[:40])
    return replace(desk, stores=stores, store=chosen)


def _desk(request: HttpRequest, key: str) -> Desk:
    user = request.user
    if not isinstance(user, User):
        raise NotFound(merchant=key[:40])
    merchant = Merchant.objects.select_related("twin_of").filter(pk=ids.decode("mer", key)).first()
    if merchant is None:
        raise NotFound(merchant=key[:40])
    member = Member.objects.filter(merchant_id=merchant.team_id, user=user).first()
    if member is None:
        raise NotFound(merchant=key[:40])
    actor = Actor(ActorKind.MEMBER, user.id, limits.client_address(request))
    return Desk(merchant, member, user, actor)
