"""A merchant's refunds: how far each is, which fees came back with it, when it is expected at the buyer's."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from kernel import ids
from merchants.pages.desk import Desk, page, show
from merchants.roles import Permission

from .. import money_back


@require_GET
@page(Permission.VIEW_ORDERS, by_store=True)
def listing(request: HttpRequest, desk: Desk) -> HttpResponse:
    """A page of refunds, newest first."""
    view, before = request.GET.get("view", ""), request.GET.get("before", "")
    found = money_back.page(
        desk.merchant, store=desk.store, view=view, before=ids.decode("rfd", before) if before else None
    )
    facts = {
        "view": view,
        "older": found.older,
        "rows": [
            (
                one,
                one.fees(merchant_bears_channel=one.payment.merchant_bears_channel).from_merchant,
                money_back.arrival(one, desk.merchant),
            )
            for one in found.refunds
        ],
    }
    return show(request, desk, "dashboard/refunds/list.html", facts)
