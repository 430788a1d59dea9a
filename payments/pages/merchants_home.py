"""The merchant's home page: the figures of the day and what needs doing."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from kernel import clock
from kernel.books import Book
from ledger import balances
from ledger.balances import Balance
from ledger.purposes import OwnerKind, Purpose
from merchants.pages.desk import Desk, page, show
from merchants.roles import Permission
from settlement import queries as settlement
from settlement.queries import NextSettlement
from settlement.services import permits

from .. import sales
from .merchants_trends import RANGES, charts

_LATEST = 6


@require_GET
@page(Permission.VIEW_ORDERS, by_store=True)
def home(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Today, what waits, the latest orders, what is owed, and the last days as charts."""
    days = RANGES[-1] if request.GET.get("days") == str(RANGES[-1]) else RANGES[0]
    # Money is owed to the merchant, not to a store.
    sees_money = desk.may(Permission.VIEW_BALANCE) and desk.store is None
    facts = {
        "day": sales.today(desk.merchant, desk.store),
        "tasks": sales.tasks(desk.merchant, desk.store, with_payouts=sees_money),
        "latest": sales.orders(desk.merchant, store=desk.store).orders[:_LATEST],
        "balances": owed(desk) if sees_money else None,
        "charts": charts(desk.merchant, days, desk.store),
        "ranges": RANGES,
        "days": days,
        "next": _next(desk) if desk.may(Permission.VIEW_BALANCE) else None,
        "stores": [desk.store] if desk.store else desk.stores,
    }
    return show(request, desk, "dashboard/home.html", facts)


def _next(desk: Desk) -> NextSettlement | None:
    """The end of the running period, where the platform pays this merchant out."""
    return settlement.next_settlement(desk.merchant) if permits.is_permitted(desk.merchant) else None


def owed(desk: Desk) -> list[Balance]:
    """What the platform owes the merchant, a currency a line."""
    merchant = desk.merchant
    keys = [
        key
        for key in balances.keys_of(OwnerKind.MERCHANT, merchant.id, Book(merchant.book))
        if key.purpose is Purpose.MERCHANT
    ]
    return list(balances.of_many(keys, at=clock.now(merchant)).values())
