"""What a buyer agreed to: the words, since when, until when; and the end of it."""

from dataclasses import dataclass

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from kernel import clock, ids
from kernel.errors import NotFound
from web.answers import SeeOther

from .. import consents, queries
from ..models import Buyer, Consent
from .door import signed_in

_A_PAGE = 20


@dataclass(frozen=True, slots=True)
class Row:
    """A consent as it is shown."""

    consent: Consent
    label: str
    may_end: bool


@signed_in
@require_GET
def listing(request: HttpRequest, buyer: Buyer) -> HttpResponse:
    """All of them, the latest first."""
    page = Paginator(_of(buyer), _A_PAGE).get_page(request.GET.get("page"))
    rows = [Row(each, consents.label(each.kind), consents.may_end(each)) for each in page]
    facts = {"buyer": buyer, "rows": rows, "page": page, "ended": "ended" in request.GET}
    return render(request, "my/consents.html", facts)


@signed_in
@require_POST
def end(_request: HttpRequest, buyer: Buyer, consent: str) -> HttpResponse:
    """End one, and with it what it allowed."""
    given = _of(buyer).filter(pk=ids.decode("cns", consent)).first()
    if given is None or not consents.may_end(given):
        raise NotFound(id=consent[:64])
    consents.take_back(given, at=clock.now())
    return SeeOther(f"{reverse('buyers:consents')}?ended=1")


def _of(buyer: Buyer) -> consents.Consents:
    return consents.of(*(holding.key for holding in queries.holdings(buyer)))
