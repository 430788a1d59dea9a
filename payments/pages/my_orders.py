"""A buyer's orders in every shop: listed, opened, and handed out with the rest as a file."""

from datetime import timedelta

import orjson
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_POST

from buyers.models import Buyer
from buyers.pages.door import signed_in
from kernel import ids
from web import limits
from web.answers import SeeOther

from .. import belongings, trust

_A_PAGE = 20


@signed_in
@require_GET
def listing(request: HttpRequest, buyer: Buyer) -> HttpResponse:
    """All of them, the latest first."""
    page = Paginator(belongings.orders_of(buyer), _A_PAGE).get_page(request.GET.get("page"))
    return render(request, "my/orders.html", {"buyer": buyer, "orders": list(page), "page": page})


@signed_in
@require_GET
def show(_request: HttpRequest, buyer: Buyer, order: str) -> HttpResponse:
    """Go to the order's own page, with the pass that its mailbox would get."""
    mine = belongings.order_of(buyer, ids.decode("ord", order))
    return SeeOther(f"/o/{mine.token}/?pass={trust.new_pass(mine)}")


@signed_in
@require_POST
def export(_request: HttpRequest, buyer: Buyer) -> HttpResponse:
    """Everything that is kept about the buyer here, as one file."""
    limits.take("buyers.export", buyer.pk.hex, most=10, per=timedelta(hours=1))
    written = orjson.dumps(belongings.exported(buyer), option=orjson.OPT_INDENT_2)
    response = HttpResponse(written, content_type="application/json")
    response.headers["Content-Disposition"] = f'attachment; filename="keyway-{buyer.key}.json"'
    return response
