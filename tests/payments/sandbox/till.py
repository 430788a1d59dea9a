"""A merchant with the official Stripe library, its one HTTP call over our line."""

import itertools
import json
from datetime import timedelta
from typing import Any

import stripe

from kernel import clock
from payments.sandbox import notifier
from payments.sandbox.models import StripeEvent, StripeSession
from payments.sandbox.stripe import accounts, deeds, till
from payments.sandbox.stripe.cards import Typed
from payments.sandbox.stripe.states import Deed
from tests.payments.sandbox.shop import Line

_numbers = itertools.count(1)


def perform(after: timedelta = timedelta(hours=1)) -> None:
    """What happens by itself until then."""
    notifier.perform_due(clock.now() + after)


class _Client(stripe.HTTPClient):
    name = "line"

    def __init__(self, line: Line) -> None:
        super().__init__()
        self.line = line

    def request(self, method: str, url: str, headers: Any, post_data: Any = None, **_: Any) -> Any:
        body = (post_data or "").encode() if method == "post" else None
        reply = self.line.fetch(url, body, headers=dict(headers))
        return reply.body.decode(), reply.status, reply.headers


class Till:
    """An account at the sandbox's Stripe."""

    def __init__(self, line: Line, *, webhook_url: str = "", magic: bool = False) -> None:
        self.line = line
        self.opened = accounts.open("北岸软件", webhook_url=webhook_url, magic=magic)
        self.api = self.client(self.opened.secret_key)

    def client(self, key: str) -> stripe.StripeClient:
        return stripe.StripeClient(
            key,
            base_addresses={"api": f"{self.line.url}/stripe"},
            http_client=_Client(self.line),
            max_network_retries=0,
        )

    def session(self, amount: int = 2900, *, currency: str = "usd", key: str = "", **more: Any) -> Any:
        reference = more.pop("reference", "pay_1")
        price = {"currency": currency, "unit_amount": amount, "product_data": {"name": "礼品卡 & more"}}
        params: dict[str, Any] = {
            "mode": "payment",
            "client_reference_id": reference,
            "line_items": [{"quantity": 1, "price_data": price}],
            "payment_intent_data": {"metadata": {"ours": reference}},
            "success_url": "http://127.0.0.1/o/token/",
            "cancel_url": "http://127.0.0.1/o/token/",
            **more,
        }
        return self.api.v1.checkout.sessions.create(params, self._under(key))

    def pay(self, session: Any, number: str) -> None:
        till.pay(session.id, Typed(number, "12/99", "123"))

    def paid(self, amount: int = 2900, card: str = "4242424242424242") -> Any:
        made = self.session(amount)
        self.pay(made, card)
        return made

    def found(self, session: Any, *, expand: list[str] | None = None) -> Any:
        return self.api.v1.checkout.sessions.retrieve(session.id, {"expand": expand or []})

    def refund(self, session: Any, *, key: str = "", **params: Any) -> Any:
        intent = self.found(session).payment_intent
        return self.api.v1.refunds.create({"payment_intent": intent, **params}, self._under(key))

    def charge(self, session: Any) -> Any:
        return self.found(session, expand=["payment_intent.latest_charge"]).payment_intent.latest_charge

    def dispute(self, session: Any) -> Any:
        name = StripeSession.objects.get(pk=session.id).disputes.get().id
        return self.api.v1.disputes.retrieve(name)

    def do(self, session: Any, deed: Deed) -> None:
        deeds.perform(session.id, deed)

    def types(self) -> list[str]:
        """What has happened, in order."""
        rows = StripeEvent.objects.filter(account=self.opened.account_id).order_by("created_at")
        return [json.loads(row.body)["type"] for row in rows]

    def _under(self, key: str) -> Any:
        return {"idempotency_key": key or f"key-{next(_numbers)}"}
