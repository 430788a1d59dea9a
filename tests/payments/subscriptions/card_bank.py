"""A card bank behind Stripe's address, for charges by mandate: it remembers, and does as it is told.

It also has the pages on which another card is shown.
"""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

CARD = {
    "object": "payment_method",
    "type": "card",
    "card": {"brand": "visa", "last4": "4242", "exp_month": 12, "exp_year": 2099},
}
HANDLE = "cus_buyer:pm_card"


@dataclass
class CardBank:
    """`plight`: why the next charges fail; empty: they do not. `silent`: they happen, and nobody answers."""

    url: str = ""
    plight: str = ""
    silent: bool = False
    mute_pages: bool = False  # no page is opened, and nobody answers
    forgotten: set[str] = field(default_factory=set)
    intents: dict[str, dict[str, Any]] = field(default_factory=dict)  # by idempotency key
    pages: dict[str, dict[str, Any]] = field(default_factory=dict)  # by idempotency key
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def charged(self) -> list[int]:
        """What was charged, in the order of doing."""
        return [each["amount"] for each in self.intents.values() if each["status"] == "succeeded"]

    @property
    def calls(self) -> int:
        """How many different charges were asked for."""
        return len(self.intents)

    def charge(self, key: str, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        with self.lock:
            made = self.intents.setdefault(key, self._made(form))
        if made["status"] == "succeeded":
            return 200, made
        return 402, {"error": self._error(made)}

    def _made(self, form: dict[str, str]) -> dict[str, Any]:
        names = {name[9:-1]: value for name, value in form.items() if name.startswith("metadata[")}
        amount = int(form["amount"])
        return {
            "id": f"pi_{len(self.intents)}_{names['keyway_payment'][-20:]}",
            "object": "payment_intent",
            "livemode": False,
            "status": "requires_payment_method" if self.plight else "succeeded",
            "amount": amount,
            "payment_method": form["payment_method"],
            "amount_received": 0 if self.plight else amount,
            "currency": form["currency"],
            "metadata": names,
            "latest_charge": None,
            "last_payment_error": {"code": "card_declined", "decline_code": self.plight, "type": "card_error"}
            if self.plight
            else None,
        }

    def _error(self, made: dict[str, Any]) -> dict[str, Any]:
        return {**made["last_payment_error"], "message": "Declined.", "payment_intent": made}

    def open_page(self, key: str, form: dict[str, str]) -> dict[str, Any]:
        """The page on which a card is shown; the same for the same key."""
        name = f"cs_test_{len(self.pages)}"
        page = {
            "id": name,
            "object": "checkout.session",
            "livemode": False,
            "mode": form["mode"],
            "status": "open",
            "client_reference_id": form["client_reference_id"],
            "url": f"https://checkout.example/{name}",
        }
        return self.pages.setdefault(key, page)

    def show_card(self, name: str) -> None:
        """The buyer shows a card on the latest page."""
        *_, page = self.pages.values()
        card = {**CARD, "id": name, "customer": "cus_buyer"}
        intent = {"object": "setup_intent", "status": "succeeded", "payment_method": card}
        page.update(status="complete", customer="cus_buyer", setup_intent=intent)

    def find_page(self, name: str) -> dict[str, Any] | None:
        return next((each for each in self.pages.values() if each["id"] == name), None)

    def find(self, name: str) -> dict[str, Any] | None:
        return next((each for each in self.intents.values() if each["id"] == name), None)


@contextmanager
def opened() -> Iterator[CardBank]:
    """A bank on a port of its own, on loopback."""
    bank = CardBank()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            form = dict(parse_qsl(self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()))
            path = self.path.partition("/v1/")[2]
            if path == "payment_intents":
                status, said = bank.charge(self.headers["Idempotency-Key"], form)
                if bank.silent:
                    self.close_connection = True
                    return
                self._say(status, said)
            elif path == "checkout/sessions" and bank.mute_pages:
                self.close_connection = True
            elif path == "checkout/sessions":
                self._say(200, bank.open_page(self.headers["Idempotency-Key"], form))
            elif path.endswith("/detach"):
                bank.forgotten.add(path.split("/")[1])
                self._say(200, {**CARD, "id": path.split("/")[1], "customer": None})
            else:
                self._say(404, {"error": {"type": "invalid_request_error", "code": "resource_missing"}})

        def do_GET(self) -> None:
            path = urlsplit(self.path).path.partition("/v1/")[2]
            if bank.silent:
                self.close_connection = True
                return
            if path == "payment_intents":
                self._say(200, {"object": "list", "data": list(bank.intents.values()), "has_more": False})
            elif path.startswith("payment_intents/"):
                self._say(200, bank.find(path.split("/")[1]) or {})
            elif path.startswith("checkout/sessions/"):
                self._say(200, bank.find_page(path.split("/")[2]) or {})
            else:
                name = path.split("/")[1]
                customer = None if name in bank.forgotten else "cus_buyer"
                self._say(200, {**CARD, "id": name, "customer": customer})

        def _say(self, status: int, said: dict[str, Any]) -> None:
            body = json.dumps(said).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    bank.url = f"http://127.0.0.1:{server.server_port}/stripe"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield bank
    finally:
        server.shutdown()
        server.server_close()
