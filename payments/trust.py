"""Which browsers may see the keys of an order that is older than a day.

A link may leak: from a history, a log, a screen. In its first day an order's link alone opens it, and the
browser that opens it is remembered by a signed cookie. Later, another browser needs the link that only the
order's own mailbox gets.
"""

from datetime import timedelta
from uuid import UUID

from django.core import signing
from django.http import HttpRequest, HttpResponseBase

from kernel import clock

from .models import Order

OPEN_FOR = timedelta(hours=24)
PASS_LASTS = timedelta(hours=2)
_COOKIE = "orders"
_COOKIE_SECONDS = 180 * 86_400
_REMEMBERED = 20
_COOKIE_SALT, _PASS_SALT = "payments.trust.cookie", "payments.trust.pass"


def remembered(request: HttpRequest) -> list[UUID]:
    """The orders that this browser has opened, the latest first."""
    try:
        names = signing.loads(request.COOKIES.get(_COOKIE, ""), salt=_COOKIE_SALT)
        return [UUID(hex=name) for name in names][:_REMEMBERED]
    except (signing.BadSignature, ValueError, TypeError):
        return []


def remember(request: HttpRequest, response: HttpResponseBase, order: Order) -> None:
    """Let this browser see the order's keys later too."""
    known = remembered(request)
    if known and known[0] == order.pk:
        return
    names = [order.pk.hex, *(key.hex for key in known if key != order.pk)][:_REMEMBERED]
    response.set_cookie(
        _COOKIE,
        signing.dumps(names, salt=_COOKIE_SALT, compress=True),
        max_age=_COOKIE_SECONDS,
        secure=request.is_secure(),
        httponly=True,
        samesite="Lax",
    )


def is_open(order: Order) -> bool:
    """Whether the link alone is enough."""
    since = order.delivered_at or order.placed_at
    return clock.now() < since + OPEN_FOR or not order.delivered_at


def may_see_keys(request: HttpRequest, order: Order) -> bool:
    """Whether this browser may see the keys."""
    return is_open(order) or order.pk in remembered(request)


def new_pass(order: Order) -> str:
    """What the mailed link carries besides the token; good for PASS_LASTS."""
    return signing.TimestampSigner(salt=_PASS_SALT).sign(order.pk.hex).partition(":")[2]


def opens(order: Order, given: str) -> bool:
    """Whether `given` is a pass for this order."""
    try:
        signer = signing.TimestampSigner(salt=_PASS_SALT)
        signer.unsign(f"{order.pk.hex}:{given}", max_age=PASS_LASTS)
    except signing.BadSignature:
        return False
    return True
