"""Another plan or quantity: chosen, shown line by line, and then done now or with the next period."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.dateparse import parse_datetime
from django.views.decorators.http import require_http_methods

from kernel import clock, ids
from kernel.actors import BUYER
from kernel.errors import Problem
from kernel.money import Money
from merchants.services import plans
from web import problems
from web.answers import SeeOther
from web.secrecy import secret_address

from .. import queries
from ..errors import PreviewOutdated
from ..forms import ChangeForm
from ..models import Subscription
from ..services import changes
from . import buyer, consent_words, facts


@secret_address
@require_http_methods(["GET", "HEAD", "POST"])
def change(request: HttpRequest, token: str) -> HttpResponse:
    """The form and what it costs; a POST agrees to that."""
    found = queries.of_token(token)
    if not buyer.may(found)["change"]:
        return SeeOther(buyer.url(found))
    initial = {"version": ids.encode("plv", found.version_id), "quantity": found.quantity}
    sent = request.POST or (request.GET if "version" in request.GET else None)
    form = ChangeForm(sent, plans=facts.choices(found), initial=initial)
    shown, told, status = None, None, 200
    if sent is not None and form.is_valid():
        chosen = {
            "version_id": ids.decode("plv", form.cleaned_data["version"]),
            "quantity": form.cleaned_data["quantity"],
        }
        try:
            if request.method == "POST":
                return SeeOther(_change(request, found, chosen))
            shown = changes.preview(found, **chosen)
        except Problem as problem:
            told = {"title": problems.title(problem), "advice": problems.advice(problem)}
            status = problem.status
            if problem.code == "subscriptions.consent_missing" or isinstance(problem, PreviewOutdated):
                shown = changes.preview(queries.of_token(token), **chosen)
    more = _preview(shown, found, chosen) if shown else {}
    return buyer.page(request, found, template="change", form=form, problem=told, status=status, **more)


def _change(request: HttpRequest, found: Subscription, chosen: dict[str, Any]) -> str:
    sent = request.POST
    if sent.get("when") == "end":
        changes.at_end(found, consents=sent.get("consents") == "yes", actor=BUYER, **chosen)
        return buyer.url(found, done="planned")
    agreed = sent.get("agreed", "")
    if not agreed.isascii() or not agreed.isdigit() or len(agreed) > 15:
        raise PreviewOutdated(total=changes.preview(found, **chosen).due)
    done = changes.now(
        found,
        agreed=Money(int(agreed), found.currency),
        at=_moment(sent.get("at", ""), found),
        consents=sent.get("consents") == "yes",
        actor=BUYER,
        **chosen,
    )
    # What the kept method did not pay is paid on the order's own page.
    return f"/o/{done.order.token}/" if done.order else buyer.url(found, done="changed")


def _preview(shown: changes.Preview, found: Subscription, chosen: dict[str, Any]) -> dict[str, Any]:
    plan, quantity = plans.version(chosen["version_id"]), chosen["quantity"]
    each = found.unit_price if plan.version_id == found.version_id else plan.prices[found.currency]
    price = Money(each * quantity, found.currency)
    return {
        "preview": shown,
        "lines": [(facts.line_said(line), Money(line.amount, found.currency)) for line in shown.lines],
        "agreed": shown.due.amount,
        "at": shown.at.isoformat(),
        "later": price,
        "later_interval": plan.period,
        "words": consent_words.of(found, price, plan) if shown.needs_consent else "",
    }


def _moment(text: str, found: Subscription) -> datetime:
    """When the preview was computed; what is no time counts as now."""
    try:
        read = parse_datetime(text[:40])
    except ValueError:
        read = None
    return read if read is not None and read.tzinfo is not None else clock.now(found.merchant)
