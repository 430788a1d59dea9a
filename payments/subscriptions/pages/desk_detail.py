"""One subscription on its merchant's desk: how it stands, what lies ahead, what can be done."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from kernel import clock, ids
from kernel.errors import Forbidden, NotFound, Problem, said
from kernel.money import Money
from merchants.forms.refusals import add_problem
from merchants.pages.desk import Desk, page, show
from merchants.roles import Permission
from merchants.services import plans
from web import problems

from ..errors import ConsentMissing, PreviewOutdated
from ..forms import ChangeForm, ExtendForm
from ..models import Subscription
from ..services import cancellations, changes, extensions, mandates, pauses, tries
from ..services.changes import Preview
from ..states import SubscriptionState
from . import facts
from .rows import contact_shown, method_of, standing

_ONLY_BUYER = said("It costs more than the buyer agreed to: only the buyer can do this.")


@require_GET
@page(Permission.VIEW_SUBSCRIPTIONS)
def detail(request: HttpRequest, desk: Desk, subscription: str) -> HttpResponse:
    """One subscription."""
    return _detail(request, desk, subscription_of(desk, subscription))


@require_POST
@page(Permission.MANAGE_SUBSCRIPTIONS)
def act(request: HttpRequest, desk: Desk, subscription: str) -> HttpResponse:
    """Pause, resume, end, undo, or try the charge again."""
    found = subscription_of(desk, subscription)
    try:
        done = _do(desk, found, request.POST.get("do", ""), request.POST.get("reason", "").strip()[:200])
    except (NotFound, Forbidden):
        raise
    except Problem as problem:
        messages.error(request, f"{problems.title(problem)} {problems.advice(problem)}".strip())
    else:
        messages.success(request, done)
    return _to(desk, found)


@require_POST
@page(Permission.MANAGE_SUBSCRIPTIONS)
def extend(request: HttpRequest, desk: Desk, subscription: str) -> HttpResponse:
    """Give days for nothing."""
    found = subscription_of(desk, subscription)
    form = ExtendForm(request.POST)
    if form.is_valid():
        days, reason = form.cleaned_data["days"], form.cleaned_data["reason"]
        try:
            extensions.give(found, days, actor=desk.actor, reason=reason)
        except Problem as problem:
            add_problem(form, problem, f"{problems.title(problem)} {problems.advice(problem)}")
        else:
            messages.success(request, gettext("The period ends later, and so does the next charge."))
            return _to(desk, found)
    return _detail(request, desk, found, extend=form)


@require_http_methods(["GET", "POST"])
@page(Permission.MANAGE_SUBSCRIPTIONS)
def change(request: HttpRequest, desk: Desk, subscription: str) -> HttpResponse:
    """Another plan or quantity: chosen, shown line by line, then done now or with the next period."""
    found = subscription_of(desk, subscription)
    initial = {"version": ids.encode("plv", found.version_id), "quantity": found.quantity}
    sent = request.POST or (request.GET if "version" in request.GET else None)
    form = ChangeForm(sent, plans=facts.choices(found), initial=initial)
    shown = None
    if sent is not None and form.is_valid():
        chosen = {
            "version_id": ids.decode("plv", form.cleaned_data["version"]),
            "quantity": form.cleaned_data["quantity"],
        }
        try:
            if request.method == "POST":
                messages.success(request, _change(desk, found, request.POST, chosen))
                return _to(desk, found)
            shown = changes.preview(found, **chosen)
        except ConsentMissing:
            form.add_error(None, gettext(_ONLY_BUYER))
        except Problem as problem:
            add_problem(form, problem, f"{problems.title(problem)} {problems.advice(problem)}")
            if isinstance(problem, PreviewOutdated):
                shown = changes.preview(found, **chosen)
    page_facts = {
        "form": form,
        "subscription": found,
        "plan": plans.version(found.version_id),
        "preview": _shown(shown, found) if shown else None,
    }
    return show(request, desk, "dashboard/subscriptions/change.html", page_facts)


def subscription_of(desk: Desk, key: str) -> Subscription:
    """A subscription of this merchant by its key. Raises NotFound."""
    rows = Subscription.objects.select_related("merchant", "store", "product", "mandate")
    found = rows.filter(merchant=desk.merchant, pk=ids.decode("sub", key)).first()
    if found is None:
        raise NotFound(subscription=key[:40])
    return found


def _do(desk: Desk, found: Subscription, asked: str, reason: str) -> str:
    actor = desk.actor
    match asked:
        case "pause":
            pauses.at_end(found, actor=actor)
            return gettext("It rests from the end of the paid period on.")
        case "resume":
            pauses.resume(found, actor=actor)
            if found.state != SubscriptionState.PAUSED:  # the pause was still to come
                return gettext("It goes on after all.")
            return gettext("It goes on. What is to be paid for that is asked for now.")
        case "cancel":
            ended = cancellations.at_end(found, actor=actor, reason=reason)
            if ended.ended_at:
                return gettext("It has ended.")
            return gettext("It ends with the paid period. Until then this can be undone.")
        case "cancel_now":
            if cancellations.refund_of_now(found) and not desk.may(Permission.REFUND):
                raise Forbidden(permission=Permission.REFUND)
            cancellations.now(found, actor=actor, reason=reason)
            return gettext("It has ended.")
        case "undo":
            cancellations.undo(found, actor=actor)
            return gettext("It goes on after all.")
        case "undo_change":
            changes.undo(found, actor=actor)
            return gettext("Nothing changes with the next period.")
        case "retry":
            return _retried(tries.by_hand(found, actor=actor).state)
        case "end_mandate" if found.mandate is not None:
            mandates.end(found.mandate, actor=actor, reason=reason or "merchant")
            return gettext("The method is not charged any more. The next period is asked for by a link.")
    raise NotFound(do=asked[:20])


def _retried(state: str) -> str:
    if state == "succeeded":
        return gettext("It is paid.")
    if state in ("failed", "closed"):
        return gettext("The bank refused again. The schedule goes on as it was.")
    return gettext("The bank has not answered yet; it is asked until it does.")


def _change(desk: Desk, found: Subscription, sent: Any, chosen: dict[str, Any]) -> str:
    if sent.get("when") == "end":
        preview = changes.preview(found, **chosen)
        if preview.needs_consent:
            raise ConsentMissing
        changes.at_end(found, actor=desk.actor, **chosen)
        return gettext("It changes with the next period.")
    agreed = sent.get("agreed", "")
    if not agreed.isascii() or not agreed.isdigit() or len(agreed) > 15:
        raise NotFound(agreed=agreed[:20])
    done = changes.now(
        found,
        agreed=Money(int(agreed), found.currency),
        at=_moment(sent.get("at", ""), found),
        actor=desk.actor,
        **chosen,
    )
    if done.order is not None:
        return gettext("It changes as soon as the buyer has paid; the link is in the buyer's mail.")
    return gettext("It is changed.")


def _moment(text: str, found: Subscription) -> datetime:
    """When the preview was computed; what is no time counts as now."""
    try:
        read = parse_datetime(text)
    except ValueError:
        read = None
    return read if read is not None and read.tzinfo is not None else clock.now(found.merchant)


def _shown(preview: Preview, found: Subscription) -> dict[str, Any]:
    return {
        "lines": [(facts.line_said(line), Money(line.amount, found.currency)) for line in preview.lines],
        "preview": preview,
        "agreed": preview.due.amount,
        "at": preview.at.isoformat(),
    }


def _detail(
    request: HttpRequest, desk: Desk, found: Subscription, *, extend: ExtendForm | None = None
) -> HttpResponse:
    page_facts = {
        "subscription": found,
        "contact": contact_shown(found),
        "standing": standing(found),
        "method": method_of(found),
        "extend": extend or ExtendForm(),
        **facts.of(found),
    }
    return show(request, desk, "dashboard/subscriptions/detail.html", page_facts)


def _to(desk: Desk, found: Subscription) -> HttpResponse:
    return HttpResponseRedirect(reverse("subscriptions:one", args=[desk.merchant.key, found.key]))
