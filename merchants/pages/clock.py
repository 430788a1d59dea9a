"""A twin's clock: what it shows, what comes next, and moving it forward."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from kernel import clock
from kernel.errors import NotFound, Problem
from web import problems

from .. import agenda
from ..forms.clock import STEPS, StepForm, UntilForm
from ..roles import Permission
from ..services import merchants
from .desk import Desk, page, show


@require_http_methods(["GET", "POST"])
@page(Permission.MOVE_CLOCK)
def show_clock(request: HttpRequest, desk: Desk) -> HttpResponse:
    """The clock of the sandbox; a live merchant's is the world's, and has no page."""
    if not desk.merchant.is_sandbox:
        raise NotFound
    form = UntilForm()
    if request.method == "POST":
        asked = StepForm(request.POST) if "by" in request.POST else UntilForm(request.POST)
        if asked.is_valid():
            try:
                merchants.set_clock(desk.merchant, asked.end(desk.merchant), actor=desk.actor)
            except Problem as problem:
                asked.add_error(None, problems.title(problem))
            else:
                messages.success(
                    request, gettext("The clock was moved. What is due by now is done within seconds.")
                )
                return HttpResponseRedirect(request.path)
        form = asked if isinstance(asked, UntilForm) else form
    facts = {
        "form": form,
        "now": clock.now(desk.merchant),
        "world": clock.now(),
        "is_ahead": bool(desk.merchant.clock_ahead),
        "steps": STEPS,
        "coming": agenda.coming(desk.merchant),
    }
    return show(request, desk, "dashboard/developers/clock.html", facts)
