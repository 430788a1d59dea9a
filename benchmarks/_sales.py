"""Sales as buyers and Alipay make them over HTTP: an order by the product page's form, a signed notice."""

import itertools
from collections.abc import Iterator
from urllib.parse import urlencode
from uuid import uuid4

from _alipay import Keys
from _buyers import Answer, Done, Request
from _web import HOST
from _world import Shelf

BUYERS = 5_000
_TOKEN = "benchmarkbenchmarkbenchmarkbench"  # the pair of cookie and form field that a browser would have


def check(done: Done) -> int:
    """Every place must lead to an order and every notice be accepted. Gives how many notices were."""
    accepted = 0
    for answer in itertools.chain.from_iterable(done.answers):
        is_notice = (answer.status, answer.body) == (200, b"success")
        if not is_notice and not (answer.status == 303 and answer.location.startswith("/o/")):
            raise SystemExit(f"An answer was {answer.status} {answer.location} {answer.body!r}.")
        accepted += is_notice
    return accepted


def place(shelf: Shelf, buyer: int) -> Request:
    """The product page's form, paying by Alipay's page, from this buyer's own address."""
    body = urlencode(
        {
            "csrfmiddlewaretoken": _TOKEN,
            "form_key": str(uuid4()),
            "email": f"buyer{buyer}@mail.example.com",
            "quantity": "1",
            "method": "alipay.page",
        }
    ).encode()
    return _post(
        f"/s/{shelf.shop}/p/{shelf.product}/",
        body,
        f"X-Forwarded-For: 198.18.{buyer // 250}.{buyer % 250 + 1}",
        f"Origin: https://{HOST}",
        f"Cookie: __Host-csrf={_TOKEN}; theme=auto",
        "User-Agent: Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/131.0 Safari/537.36",
        "Accept: text/html,application/xhtml+xml",
        "Accept-Language: zh-CN,zh;q=0.9,en;q=0.8",
    )


def notices(answers: list[list[Answer]], keys: Keys, numbers: Iterator[int]) -> list[Request]:
    """The signed notices for the orders that these answers lead to."""
    tokens = [answer.location.split("/")[2] for unit in answers for answer in unit if answer.location]
    return [
        _notice(notify, keys.notice(reference, next(numbers), yuan))
        for notify, reference, yuan in _payments(tokens)
    ]


def _notice(token: str, body: bytes) -> Request:
    return _post(f"/n/{token}/", body, "X-Forwarded-For: 203.0.113.9", "User-Agent: Mozilla/4.0")


def _post(path: str, body: bytes, *headers: str) -> Request:
    lines = [
        f"POST {path} HTTP/1.1",
        f"Host: {HOST}",
        "X-Forwarded-Proto: https",
        "Content-Type: application/x-www-form-urlencoded; charset=utf-8",
        f"Content-Length: {len(body)}",
        *headers,
    ]
    return "\r\n".join([*lines, "", ""]).encode() + body


def _payments(tokens: list[str]) -> list[tuple[str, str, str]]:
    """Of each order: the address token of its notices, its number at the channel, and its amount in yuan."""
    from payments.models import Payment

    rows = Payment.objects.filter(order__token__in=tokens)
    by_token = {
        payment.order.token: (payment.notify_token, payment.reference, str(payment.money.decimal))
        for payment in rows.select_related("order")
    }
    return [by_token[token] for token in tokens]
