"""A card house behind Stripe's address: pages, kept cards, charges without the buyer, refunds.

It remembers what it did, so it is the other side of the books: money that it took and did not give back is
what the ledger must say that it owes.
"""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from payments.models import Payment
from tests.journeys.wallet import Mood
from tests.payments.subscriptions.card_bank import CARD

Said = tuple[int, dict[str, Any]]
_MISSING: Said = (400, {"error": {"type": "invalid_request_error", "code": "resource_missing"}})
_ENDED: Said = (400, {"error": {"type": "invalid_request_error", "code": "payment_intent_unexpected_state"}})


@dataclass
class CardHouse:
    """`plight`: why the next charges fail; empty: they do not. `mood` is that of the next `lasts` calls."""

    url: str = ""
    plight: str = ""
    mood: Mood = Mood.WELL
    lasts: int = 0
    pages: dict[str, dict[str, Any]] = field(default_factory=dict)
    intents: dict[str, dict[str, Any]] = field(default_factory=dict)
    refunds: dict[str, dict[str, Any]] = field(default_factory=dict)
    forgotten: set[str] = field(default_factory=set)
    insisted: list[str] = field(default_factory=list)  # cards charged again after they were lost
    keys: dict[str, Said] = field(default_factory=dict)
    lock: threading.RLock = field(default_factory=threading.RLock)

    # What people do

    def be(self, mood: Mood, lasts: int) -> None:
        with self.lock:
            self.mood, self.lasts = mood, lasts if mood is not Mood.WELL else 0

    def page_of(self, reference: str) -> dict[str, Any] | None:
        """The page that was opened under a number of ours."""
        return next((page for page in self.pages.values() if page["client_reference_id"] == reference), None)

    def pay(self, payment: Payment) -> str:
        """The buyer pays on the page. Gives the intent; empty: there is no page that could be paid."""
        page = self.page_of(payment.reference)
        with self.lock:
            if page is None or (page["status"], page["payment_status"]) == ("expired", "unpaid"):
                return ""
            if page["status"] == "open":
                customer = f"cus_{len(self.intents):06}"
                made = self._intent(
                    page["amount_total"], page["currency"], page["metadata"], customer, status="succeeded"
                )
                page |= {"status": "complete", "payment_status": "paid", "payment_intent": made["id"]}
                page["customer"] = customer if page["keeps"] else None
            return str(page["payment_intent"])

    def show_card(self, reference: str) -> bool:
        """The buyer shows a card on the page that was opened for that. Whether it could be."""
        page = self.page_of(reference)
        with self.lock:
            if page is None or page["status"] != "open":
                return False
            page |= {"status": "complete", "customer": f"cus_s{len(self.pages):05}"}
        return True

    def paid(self, reference: str) -> int:
        """What was taken under a number of ours and not given back, in minor units."""
        found = [each for each in self.intents.values() if each["metadata"]["keyway_payment"] == reference]
        return sum(each["amount_received"] - self.given_back(each["id"]) for each in found)

    def given_back(self, intent: str) -> int:
        return sum(each["amount"] for each in self.refunds.values() if each["payment_intent"] == intent)

    @property
    def kept(self) -> int:
        """All money that is still there."""
        return sum(each["amount_received"] - self.given_back(each["id"]) for each in self.intents.values())

    # What programs ask

    def answer(self, method: str, path: str, form: dict[str, str], key: str) -> Said | None:
        """Take one call, in the present mood. None: nobody answers."""
        with self.lock:
            mood = self.mood if self.lasts else Mood.WELL
            self.lasts = max(0, self.lasts - 1)
            if mood is Mood.DEAF:
                return None
            if method == "GET":
                said = self._read(path, form)
            else:
                said = self.keys.get(key) or self._write(path, form)
                if key and said[0] != 400:
                    self.keys[key] = said
        return None if mood is Mood.MUTE else said

    def _read(self, path: str, form: dict[str, str]) -> Said:
        kind, _, name = path.rpartition("/")
        if path == "payment_intents":
            return _listed([row for row in self.intents.values() if row["customer"] == form["customer"]])
        if path == "refunds":
            intent = form["payment_intent"]
            return _listed([row for row in self.refunds.values() if row["payment_intent"] == intent])
        if kind == "payment_methods":
            return 200, self._card(name)
        if kind == "payment_intents":
            return (200, self.intents[name]) if name in self.intents else _MISSING
        return (200, self._shown(self.pages[name])) if name in self.pages else _MISSING

    def _write(self, path: str, form: dict[str, str]) -> Said:
        parts = path.split("/")
        if path == "checkout/sessions":
            return 200, self._page(form)
        if path == "payment_intents":
            return self._charge(form)
        if path == "refunds":
            return self._refund(form)
        if parts[-1] == "expire":
            page = self.pages[parts[-2]]
            if page["status"] != "open":
                return _ENDED
            page["status"] = "expired"
            return 200, page
        if parts[-1] == "detach":
            self.forgotten.add(parts[-2])
            return 200, self._card(parts[-2])
        return _ENDED

    def _page(self, form: dict[str, str]) -> dict[str, Any]:
        name = f"cs_test_{len(self.pages):06}"
        amount = int(form.get("line_items[0][price_data][unit_amount]", 0))
        self.pages[name] = {
            "id": name,
            "object": "checkout.session",
            "livemode": False,
            "mode": form["mode"],
            "url": f"https://checkout.stripe.com/c/pay/{name}",
            "client_reference_id": form["client_reference_id"],
            "metadata": _metadata(form),
            "status": "open",
            "payment_status": "unpaid",
            "amount_total": amount,
            "currency": form.get("line_items[0][price_data][currency]", "usd"),
            "keeps": "payment_intent_data[setup_future_usage]" in form,
            "customer": None,
            "payment_intent": None,
            "setup_intent": None,
        }
        return self.pages[name]

    def _shown(self, page: dict[str, Any]) -> dict[str, Any]:
        """A page with all that belongs to it."""
        card = self._card(f"pm_{page['customer'][4:]}") if page["customer"] else None
        if page["mode"] == "setup":
            done = page["status"] == "complete"
            return page | {"setup_intent": {"status": "succeeded", "payment_method": card} if done else None}
        intent = self.intents.get(page["payment_intent"] or "")
        return page | {"payment_intent": intent and intent | {"payment_method": card}}

    def _card(self, name: str) -> dict[str, Any]:
        return {**CARD, "id": name, "customer": None if name in self.forgotten else f"cus_{name[3:]}"}

    def _charge(self, form: dict[str, str]) -> Said:
        code = "resource_missing" if form["payment_method"] in self.forgotten else self.plight
        status = "requires_payment_method" if code else "succeeded"
        errors = [
            row["last_payment_error"] for row in self.intents.values() if row["customer"] == form["customer"]
        ]
        if any(error and error["decline_code"] == "lost_card" for error in errors):
            self.insisted.append(form["customer"])
        made = self._intent(
            int(form["amount"]), form["currency"], _metadata(form), form["customer"], status=status, code=code
        )
        if not code:
            return 200, made
        return 402, {"error": {**made["last_payment_error"], "message": "Declined.", "payment_intent": made}}

    def _intent(
        self,
        amount: int,
        currency: str,
        metadata: dict[str, str],
        customer: str,
        *,
        status: str,
        code: str = "",
    ) -> dict[str, Any]:
        name = f"pi_{len(self.intents):06}{metadata['keyway_payment'][-16:]}"
        error = {"code": "card_declined", "decline_code": code, "type": "card_error"}
        self.intents[name] = {
            "id": name,
            "object": "payment_intent",
            "livemode": False,
            "status": status,
            "amount": amount,
            "amount_received": 0 if code else amount,
            "currency": currency,
            "customer": customer,
            "metadata": metadata,
            "latest_charge": None,
            "last_payment_error": error if code else None,
        }
        return self.intents[name]

    def _refund(self, form: dict[str, str]) -> Said:
        intent, amount = self.intents[form["payment_intent"]], int(form["amount"])
        if amount > intent["amount_received"] - self.given_back(intent["id"]):
            return 400, {"error": {"type": "invalid_request_error", "param": "amount"}}
        name = f"re_{len(self.refunds):08}"
        self.refunds[name] = {
            "id": name,
            "object": "refund",
            "status": "succeeded",
            "amount": amount,
            "currency": intent["currency"],
            "payment_intent": intent["id"],
            "metadata": _metadata(form),
        }
        return 200, self.refunds[name]


def _metadata(form: dict[str, str]) -> dict[str, str]:
    return {name[9:-1]: value for name, value in form.items() if name.startswith("metadata[")}


def _listed(rows: list[dict[str, Any]]) -> Said:
    return 200, {"object": "list", "data": rows, "has_more": False}


@contextmanager
def card_house() -> Iterator[CardHouse]:
    """The house, on a port of its own."""
    house = CardHouse()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._take(dict(parse_qsl(urlsplit(self.path).query)))

        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            self._take(dict(parse_qsl(self.rfile.read(length).decode())))

        def _take(self, form: dict[str, str]) -> None:
            path = urlsplit(self.path).path.partition("/v1/")[2]
            said = house.answer(self.command, path, form, self.headers.get("Idempotency-Key") or "")
            if said is None:
                self.close_connection = True
                return
            body = json.dumps(said[1]).encode()
            self.send_response(said[0])
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    house.url = f"http://127.0.0.1:{server.server_port}/stripe"
    threading.Thread(target=server.serve_forever, args=[0.01], daemon=True).start()
    try:
        yield house
    finally:
        server.shutdown()
        server.server_close()
