"""A merchant's settlements: what the last periods came to, line by line, and when the next one ends."""

from collections.abc import Iterator

from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_POST

from kernel import ids
from kernel.errors import said
from kernel.money import Money
from merchants.pages.desk import Desk, page, show
from merchants.roles import Permission

from .. import exports, queries, schedules, words
from ..models import Payout, Statement
from ..services import payouts, permits, statements
from ..states import Carried, Outcome
from .paging import slice_of

_LINES_SHOWN = 100
_WHY = {
    Carried.NOTHING: said("there was nothing to pay out"),
    Carried.NEGATIVE: said("refunds or disputes took more than came in"),
    Carried.NOT_PERMITTED: said("the platform may not pay you out: ask it about its licence"),
    Carried.PAUSED: said("your payouts were paused"),
    Carried.BELOW_MINIMUM: said("the balance was below the least payout"),
    Carried.NO_ACCOUNT: said("there was no confirmed bank account"),
    Carried.UNCOVERED: said("refunds or disputes had taken it meanwhile"),
    Carried.SUPERSEDED: said("a later statement had opened with it"),
}


@require_GET
@page(Permission.VIEW_BALANCE)
def listing(request: HttpRequest, desk: Desk) -> HttpResponse:
    """The statements, newest first, and the period that is running."""
    merchant = desk.merchant
    rows, older = slice_of(queries.statements_of(merchant), request.GET.get("page", ""))
    facts = {
        "rows": [(row, _columns(row)) for row in rows],
        "older": older,
        "next": [queries.next_settlement(merchant, currency) for currency in queries.currencies_of(merchant)],
        "terms": schedules.of(merchant.pk),
        "permitted": permits.is_permitted(merchant),
    }
    return show(request, desk, "dashboard/settlements/list.html", facts)


@require_GET
@page(Permission.VIEW_BALANCE)
def detail(request: HttpRequest, desk: Desk, statement: str) -> HttpResponse:
    """One statement: its figures, what became of the balance, and its lines."""
    found = statement_of(desk, statement)
    lines, after = statements.page(found, after=request.GET.get("after", ""), count=_LINES_SHOWN)
    facts = {
        "statement": found,
        "figures": [(gettext(exports.FIGURES[name]), amount) for name, amount in found.figures],
        "why": gettext(_WHY[Carried(found.carried)]) if found.carried else "",
        "payout": Payout.objects.filter(statement=found).first(),
        "discounts": found.money("discounts"),
        "promotions": found.money("promotions"),
        "lines": [(line, gettext(words.of_line(line))) for line in lines],
        "after": after,
        "can_draft": found.outcome == Outcome.CARRIED and desk.may(Permission.REQUEST_PAYOUT),
    }
    return show(request, desk, "dashboard/settlements/detail.html", facts)


@require_POST
@page(Permission.REQUEST_PAYOUT)
def draft(request: HttpRequest, desk: Desk, statement: str) -> HttpResponse:
    """Ask for the payout of a balance that was carried forward."""
    payout = payouts.draft(statement_of(desk, statement), maker=desk.actor)
    messages.success(request, gettext("The payout is drafted and waits for the platform's approval."))
    return HttpResponseRedirect(reverse("settlement:payout", args=[desk.merchant.key, payout.request_no]))


@require_GET
@page(Permission.VIEW_BALANCE)
def csv(_request: HttpRequest, desk: Desk, statement: str) -> HttpResponseBase:
    """The statement as CSV, streamed."""
    found = statement_of(desk, statement)
    response = StreamingHttpResponse(_spoken(exports.csv(found)), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{exports.filename(found, "csv")}"'
    return response


@require_GET
@page(Permission.VIEW_BALANCE)
def xlsx(_request: HttpRequest, desk: Desk, statement: str) -> HttpResponseBase:
    """The statement as a workbook."""
    found = statement_of(desk, statement)
    return FileResponse(exports.xlsx(found), as_attachment=True, filename=exports.filename(found, "xlsx"))


def _columns(row: Statement) -> dict[str, Money]:
    """What a row of the list shows. From the opening balance on, the columns add up to the closing one."""
    return {**dict(row.figures), "others": row.money("adjustments") + row.money("disputes")}


def _spoken(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """The pieces in the reader's language: they are written when the request's own is forgotten already."""
    language = translation.get_language()

    def speak() -> Iterator[bytes]:
        with translation.override(language):
            yield from pieces

    return speak()


def statement_of(desk: Desk, key: str) -> Statement:
    """A statement of this desk's merchant. Raises NotFound."""
    return statements.of_merchant(desk.merchant.pk, ids.decode("stm", key))
