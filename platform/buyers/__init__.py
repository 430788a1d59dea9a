"""Buyers who want a page of their own: one e-mail address, one buyer; nobody needs it to buy.

Owns sign-in by e-mail code, the buyer's sessions and addresses, erasure, and which text was agreed to when.
Never knows orders or subscriptions: those find their buyer by `keys.email_key`.

keys       the fingerprint of an e-mail address, the same in every shop
consents   what was agreed to, word by word: declare, wording, agree, end, of
sessions   who is signed in with this browser; apart from members and operators
services   codes, sign-in, change of address, erasure
"""

from typing import TYPE_CHECKING

from django.http import HttpRequest

if TYPE_CHECKING:
    from .models import Buyer


def current(request: HttpRequest) -> "Buyer | None":
    """The buyer who is signed in with this browser."""
    from . import sessions

    return sessions.current(request)
