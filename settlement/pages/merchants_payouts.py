"""A merchant's payouts: where the money is on its way to the bank, and calling one off in time."""

from datetime import datetime

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_POST

from kernel import ids
from kernel.errors import NotFound, said
from merchants.forms.stock import ReasonForm
from merchants.pages.desk import Desk, page, show
from merchants.roles import Permission

from .. import queries, words
from ..models import Payout
from ..services import payouts
from ..states import AWAITING, PayoutState
from .paging import slice_of

_STOPPABLE = AWAITING | {PayoutState.APPROVED}
_ENDED_OTHERWISE = {
    PayoutState.RETURNED: said("Sent back by the bank; the money is available again"),
    PayoutState.FAILED: said("Refused by the bank; the money is available again"),
    PayoutState.REJECTED: said("Refused by the platform; the money is available again"),
    PayoutState.CANCELLED: said("Called off; the money is available again"),
}


@require_GET
@page(Permission.VIEW_BALANCE)
def listing(request: HttpRequest, desk: Desk) -> HttpResponse:
    """The payouts, newest first, and what is on its way."""
    rows, older = slice_of(queries.payouts_of(desk.merchant), request.GET.get("page", ""))
    facts = {"rows": rows, "older": older, "in_transit": queries.in_transit(desk.merchant)}
    return show(request, desk, "dashboard/payouts/list.html", facts)


@require_GET
@page(Permission.VIEW_BALANCE)
def detail(request: HttpRequest, desk: Desk, payout: str) -> HttpResponse:
    """One payout: how far it is, where it goes, which statement is in it."""
    return _detail(request, desk, _payout_of(desk, payout), ReasonForm())


@require_POST
@page(Permission.REQUEST_PAYOUT)
def cancel(request: HttpRequest, desk: Desk, payout: str) -> HttpResponse:
    """Call a payout off before it is sent; the money is available again."""
    found = _payout_of(desk, payout)
    form = ReasonForm(request.POST)
    if not form.is_valid():
        return _detail(request, desk, found, form)
    payouts.cancel(found, actor=desk.actor, reason=form.cleaned_data["reason"])
    messages.success(request, gettext("The payout is called off; the money is available again."))
    return HttpResponseRedirect(reverse("settlement:payout", args=[desk.merchant.key, payout]))


def _detail(request: HttpRequest, desk: Desk, payout: Payout, form: ReasonForm) -> HttpResponse:
    facts = {
        "payout": payout,
        "bank_says": words.of_bank(payout.code, payout.message),
        "stages": _stages(payout),
        "form": form,
        "can_cancel": payout.state in _STOPPABLE and desk.may(Permission.REQUEST_PAYOUT),
    }
    return show(request, desk, "dashboard/payouts/detail.html", facts)


def _stages(payout: Payout) -> list[tuple[str, datetime | None]]:
    """What has happened, in order, each with its time; none where it is still to come."""
    stages: list[tuple[str, datetime | None]] = [
        (gettext("Drafted, the money is set aside"), payout.drafted_at),
        (gettext("First approval"), payout.first_approved_at),
        (gettext("Second approval"), payout.second_approved_at),
        (gettext("Sent to the bank"), payout.sent_at),
        (gettext("Paid"), payout.paid_at),
    ]
    otherwise = _ENDED_OTHERWISE.get(PayoutState(payout.state))
    if otherwise is None:
        return stages
    return [stage for stage in stages if stage[1]] + [(gettext(otherwise), payout.concluded_at)]


def _payout_of(desk: Desk, key: str) -> Payout:
    found = queries.payouts_of(desk.merchant).filter(pk=ids.decode("po", key)).first()
    if found is None:
        raise NotFound(payout=key[:40])
    return found
