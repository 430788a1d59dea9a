"""Makes buyers and browsers in which they are signed in."""

import re
from typing import Any

from django.core import mail
from django.http import HttpRequest, HttpResponse
from django.test import Client

from buyers import sessions
from buyers.models import Buyer
from buyers.services import codes, sign_in

NETWORK = "203.0.113.7"


def buyer(email: str = "bai@example.com", *, language: str = "en") -> Buyer:
    """A buyer who has shown that the address is theirs."""
    code_id = sign_in.ask(email, language=language, asker=email)
    return sign_in.finish(code_id, mailed(email), language=language, asker=email)


def mailed(to: str) -> str:
    """The code of the latest mail to an address."""
    letters = [letter for letter in mail.outbox if letter.to == [to]]
    found = re.search(rf"^(\d{{{codes.DIGITS},{codes.LONG_DIGITS}}})$", letters[-1].body, re.MULTILINE)
    return found[1] if found else ""


def browser(**headers: Any) -> Client:
    """A browser that reads English."""
    return Client(headers={"Accept-Language": "en", **headers})


def signed_in(who: Buyer, client: Client | None = None) -> Client:
    """A browser in which the buyer is signed in."""
    client, response, request = client or browser(), HttpResponse(), HttpRequest()
    sessions.start(request, response, who)
    client.cookies.update(response.cookies)
    return client


def wrong(code: str) -> str:
    """Another code than this."""
    return f"{(int(code) + 1) % 10 ** len(code):0{len(code)}}"
