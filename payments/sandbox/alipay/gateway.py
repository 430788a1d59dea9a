"""Which method does what, and how its outcome is said: JSON to a server, a redirect to a browser."""

from collections.abc import Callable, Mapping

from django.http import HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse

from kernel import clock

from .. import faults
from ..models import AlipayApp
from ..states import Product
from . import answers, calls, checkouts, errors, refunds, trades
from .calls import Call

_METHODS: Mapping[str, Callable[[Call], dict[str, object]]] = {
    "alipay.trade.precreate": checkouts.precreate,
    "alipay.trade.query": trades.query,
    "alipay.trade.close": trades.close,
    "alipay.trade.cancel": refunds.cancel,
    "alipay.trade.refund": refunds.refund,
    "alipay.trade.fastpay.refund.query": refunds.query,
}
_PAGES = {"alipay.trade.page.pay": Product.PAGE, "alipay.trade.wap.pay": Product.WAP}


class PageRefused(Exception):
    """A browser came with a call that is refused; it gets a page, not JSON."""

    def __init__(self, refusal: errors.Refusal) -> None:
        self.refusal = refusal
        super().__init__(str(refusal))


def answer(query: bytes, body: bytes) -> HttpResponseBase:
    """The answer to a call, or what a fault made of it. Raises PageRefused."""
    method, app, charset = "", None, calls.charset_of(query, body) or "utf-8"
    try:
        parameters = calls.read(query, body)
        method = parameters.get("method", "")
        app = AlipayApp.objects.filter(app_id=parameters.get("app_id", "")).first()
        call = calls.believe(app, parameters, clock.now())
        return _done(call)
    except errors.Refusal as refusal:
        if method in _PAGES:
            raise PageRefused(refusal) from refusal
        known = app if refusal.signed else None
        return _json(method, answers.refusal(refusal), known, charset)


def _done(call: Call) -> HttpResponseBase:
    said = call.content.get("out_trade_no")
    number = said if isinstance(said, str) else ""
    without = faults.take(call.method, number, works=False)
    if without is not None:
        return faults.play(without, HttpResponse(content_type=_type(call.charset)))
    response = _worked(call)
    behind = faults.take(call.method, number, works=True)
    return faults.play(behind, response) if behind is not None else response


def _worked(call: Call) -> HttpResponse:
    if call.method in _PAGES:
        trade = checkouts.make(call, _PAGES[call.method])
        return HttpResponseRedirect(reverse("sandbox:cashier", args=[trade.token]))
    if call.method not in _METHODS:
        raise errors.invalid("method", "不存在的方法名")
    try:
        node = answers.success(_METHODS[call.method](call))
    except errors.Refusal as refusal:
        node = answers.refusal(refusal)
    return _json(call.method, node, call.app, call.charset)


def _json(method: str, node: Mapping[str, object], app: AlipayApp | None, charset: str) -> HttpResponse:
    name = answers.node_name(method, known=method in _METHODS)
    # Alipay sends its JSON as text/html.
    return HttpResponse(answers.write(name, node, app, charset), content_type=_type(charset))


def _type(charset: str) -> str:
    return f"text/html;charset={charset}"
