"""Who is signed in with this browser: a session of its own under a cookie of its own.

Members and operators sign in elsewhere; neither session touches the other's. A session starts under a new
name, ends after thirty days, and only counts while it bears the buyer's present epoch.
"""

from datetime import datetime, timedelta
from uuid import UUID

from django.contrib.sessions.backends.db import SessionStore
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.csrf import rotate_token

from kernel import clock
from web.familiar import Familiar

from .keys import email_key
from .models import Buyer

COOKIE = "__Host-buyer"
LASTS = timedelta(days=30)
PENDING_LASTS = timedelta(minutes=30)
"""How long a browser that has not signed in yet may keep what it asked for."""

_browsers = Familiar("__Host-known-buyer", "buyers.sessions")
_SEEN_EVERY = timedelta(hours=1)
_BUYER, _EPOCH, _SINCE, _ENDS = "buyer", "epoch", "since", "ends"
_STORE, _CURRENT = "_buyers_store", "_buyers_current"


def current(request: HttpRequest) -> Buyer | None:
    """The buyer who is signed in, asked of the database once a request."""
    if not hasattr(request, _CURRENT):
        setattr(request, _CURRENT, _find(of(request)))
    buyer: Buyer | None = getattr(request, _CURRENT)
    return buyer


def of(request: HttpRequest) -> SessionStore:
    """What is kept for this browser; empty for one that brings no session of ours."""
    if not hasattr(request, _STORE):
        setattr(request, _STORE, SessionStore(request.COOKIES.get(COOKIE)))
    store: SessionStore = getattr(request, _STORE)
    return store


def keep(request: HttpRequest, response: HttpResponseBase) -> None:
    """Save what was put into `of(request)`, for as long as it would have lasted."""
    store = of(request)
    if _ENDS not in store:
        _set_end(store, PENDING_LASTS)
    store.save()
    _set_cookie(response, store)


def start(request: HttpRequest, response: HttpResponseBase, buyer: Buyer) -> None:
    """Sign the buyer in under a new name; what the browser brought is thrown away."""
    store = of(request)
    store.flush()
    store[_BUYER], store[_EPOCH] = buyer.id.hex, buyer.session_epoch
    store[_SINCE] = clock.now().isoformat()
    _set_end(store, LASTS)
    store.create()
    _set_cookie(response, store)
    _browsers.remember(request, response, bytes(buyer.email_key or b"").hex())
    rotate_token(request)
    setattr(request, _CURRENT, buyer)


def end(request: HttpRequest, response: HttpResponseBase) -> None:
    """Sign out with this browser."""
    of(request).flush()
    response.delete_cookie(COOKIE, samesite="Lax")
    setattr(request, _CURRENT, None)


def is_familiar(request: HttpRequest, email: str) -> bool:
    """Whether the owner of the address has signed in with this browser before."""
    return _browsers.knows(request, email_key(email).hex())


def forget(response: HttpResponseBase) -> None:
    """Nobody has ever signed in with this browser."""
    response.delete_cookie(_browsers.cookie, samesite="Lax")


def since(request: HttpRequest) -> datetime | None:
    """When this browser signed in."""
    text = of(request).get(_SINCE)
    return datetime.fromisoformat(text) if text else None


def _find(store: SessionStore) -> Buyer | None:
    name = store.get(_BUYER)
    if not name:
        return None
    buyer = Buyer.objects.filter(pk=UUID(hex=name), session_epoch=store[_EPOCH], erased_at=None).first()
    if buyer is not None and buyer.last_seen_at < clock.now() - _SEEN_EVERY:
        buyer.last_seen_at = clock.now()
        Buyer.objects.filter(pk=buyer.pk, erased_at=None).update(last_seen_at=buyer.last_seen_at)
    return buyer


def _set_end(store: SessionStore, lasts: timedelta) -> None:
    ends = clock.now() + lasts
    store[_ENDS] = ends.isoformat()
    store.set_expiry(ends)


def _set_cookie(response: HttpResponseBase, store: SessionStore) -> None:
    response.set_cookie(
        COOKIE,
        store.session_key or "",
        expires=datetime.fromisoformat(store[_ENDS]),
        secure=True,
        httponly=True,
        samesite="Lax",
    )
