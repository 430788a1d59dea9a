"""Deeds: what an operator does to a thing, by a button, a dialog and a reason."""

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.safestring import mark_safe
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action
from unfold.enums import ActionVariant
from unfold.forms import BaseDialogForm
from unfold.widgets import UnfoldAdminTextareaWidget

from kernel.actors import Actor, ActorKind
from kernel.errors import Problem

from .. import problems


class Deed(BaseDialogForm):  # type: ignore[misc]
    """The fields of a deed; every one of them asks why."""

    reason = forms.CharField(
        label=_("Reason"),
        min_length=3,
        max_length=500,
        widget=UnfoldAdminTextareaWidget({"rows": 2}),
        help_text=_("It is kept in the audit trail."),
    )

    @property
    def facts(self) -> dict[str, Any]:
        """What was typed, by name, as the deed takes it."""
        return {name: value for name, value in self.cleaned_data.items() if not name.startswith("_")}


def deed(
    label: Any,
    *,
    permission: str,
    icon: str,
    says: Any,
    form: type[Deed] = Deed,
    variant: ActionVariant = ActionVariant.DEFAULT,
    fits: Callable[[Any], bool] | None = None,
) -> Callable[[Callable[..., str]], Any]:
    """Make a method `(self, actor, thing, **typed) -> sentence` a button with a dialog.

    `thing` is missing where the deed belongs to the list. `fits` says for which things the button is shown;
    the service decides again.
    """
    dialog = {"title": label, "description": says, "form_class": form, "form_submit_text": label}

    def decorate(do: Callable[..., str]) -> Any:
        @wraps(do)
        def run(self: Any, request: HttpRequest, typed: Deed, object_id: str | None = None) -> HttpResponse:
            things = [self.thing(request, object_id)] if object_id else []
            try:
                done = do(self, actor_of(request), *things, **typed.facts)
            except Problem as problem:
                _add(typed, problem)
                return render(
                    request,
                    "unfold/helpers/dialog.html",
                    {"dialog": dialog, "form": typed, "form_submit_text": label},
                )
            messages.success(request, done)
            return HttpResponse(headers={"HX-Redirect": self.address_after(request, object_id)})

        run.fits, run.permission = fits, permission  # type: ignore[attr-defined]
        shown = action(description=label, icon=icon, variant=variant, dialog=dialog)(run)
        return _guarded(shown, permission, label)

    return decorate


def _guarded(shown: Callable[..., HttpResponse], permission: str, title: Any) -> Any:
    """The deed for who may do it; a whole page for a browser that opened it by its address."""

    # Not Unfold's own `permissions`: its system check reads them from a database that may not be there.
    @wraps(shown)
    def guarded(self: Any, request: HttpRequest, **where: Any) -> HttpResponse:
        if not request.user.has_perm(permission):
            raise PermissionDenied
        answer = shown(self, request, **where)
        return answer if getattr(request, "htmx", None) else _page(self, request, title, answer, where)

    return guarded


def _page(
    desk: Any, request: HttpRequest, title: Any, answer: HttpResponse, where: dict[str, Any]
) -> HttpResponse:
    """The answer for a browser that opened the deed by its address: a whole page, or a redirect."""
    if "HX-Redirect" in answer.headers:
        answer.status_code, answer.headers["Location"] = HTTPStatus.FOUND, answer.headers["HX-Redirect"]
        return answer
    facts = {
        **desk.admin_site.each_context(request),
        "title": title,
        "dialog": mark_safe(answer.content.decode()),  # noqa: S308 (a template's own output)
        "back": desk.address_after(request, where.get("object_id")),
    }
    return render(request, "operators/deed.html", facts)


def _add(typed: Deed, problem: Problem) -> None:
    """Show a refusal in the dialog: sentences at the fields that it names, any other at the reason."""
    errors = problem.context.get("errors")
    if not isinstance(errors, dict):
        field = problem.context.get("field")
        typed.add_error(
            field if field in typed.fields else "reason",
            f"{problems.title(problem)} {problems.advice(problem)}",
        )
        return
    for name, sentences in errors.items():
        field = name if name in typed.fields else "reason"
        typed.add_error(field, [gettext(str(sentence)) for sentence in sentences])


def may(request: HttpRequest, method: Any) -> bool:
    """Whether this operator may press the button."""
    permission = getattr(method, "permission", None)
    return permission is None or bool(request.user.has_perm(permission))


def fits_now(method: Any, thing: Any) -> bool:
    """Whether the button makes sense for the thing as it is."""
    fits = getattr(method, "fits", None)
    return fits is None or bool(fits(thing))


def actor_of(request: HttpRequest) -> Actor:
    """The operator at the other end."""
    return Actor(ActorKind.OPERATOR, request.user.pk, request.META.get("REMOTE_ADDR", ""))
