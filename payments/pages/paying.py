"""What a buyer does while an order waits for its money. Each is a form that leads back to the order."""

from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.utils.dateparse import parse_datetime
from django.views.decorators.http import require_POST

from kernel.actors import BUYER
from kernel.errors import Invalid, said
from web import limits
from web.answers import SeeOther
from web.secrecy import secret_address

from .. import purchases
from ..models import Order
from ..services import attempts, expiry, queries


@secret_address
@require_POST
def pay(request: HttpRequest, token: str) -> HttpResponse:
    """Pay by another method, or by the same one anew."""
    order = purchases.find(token).order
    method = request.POST.get("method", "")
    if not method:
        raise Invalid(errors={"method": [said("Choose a payment method.")]})
    limits.take("attempt", token, most=10, per=timedelta(minutes=5))
    attempts.open(order, method)
    return _back(order)


@secret_address
@require_POST
def extend(request: HttpRequest, token: str) -> HttpResponse:
    """Fifteen more minutes after the end that the page showed; a second tap adds none."""
    order = purchases.find(token).order
    known = parse_datetime(request.POST.get("until", "")[:40])
    if known is None or known.tzinfo is None:
        raise Invalid(errors={"until": [said("This form is no longer valid. Send it again.")]})
    expiry.extend(order, known=known)
    return _back(order)


@secret_address
@require_POST
def check(_request: HttpRequest, token: str) -> HttpResponse:
    """ "I have paid": ask the channel now instead of waiting for the next question."""
    order = purchases.find(token).order
    limits.take("check", token, most=6, per=timedelta(minutes=1))
    queries.ask_now(order)
    return _back(order)


@secret_address
@require_POST
def cancel(_request: HttpRequest, token: str) -> HttpResponse:
    """Give the keys back before the time is over."""
    order = purchases.find(token).order
    # Each try asks the channel about every open attempt while the buyer waits.
    limits.take("cancel", token, most=6, per=timedelta(minutes=1))
    expiry.cancel(order, actor=BUYER)
    return _back(order)


def _back(order: Order) -> HttpResponse:
    return SeeOther(f"/o/{order.token}/")
