"""Those who act in a fault test, through the real doors: a buyer's browser, and the wallet that pays."""

import http.client
import json
import re
import secrets
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.utils.datastructures import CaseInsensitiveMapping

from tests.payments.sandbox.shop import Reply, Wire

_HIDDEN = re.compile(r'name="(csrfmiddlewaretoken|form_key|prices)" value="([^"]*)"')


class Died(Exception):
    """The server went away in the middle of the answer."""


@dataclass
class Buyer:
    """A browser without scripts. It keeps its cookies and the form that it has filled in."""

    url: str
    address: str = field(default_factory=lambda: f"2001:db8::{secrets.randbelow(65_536):x}")
    cookies: dict[str, str] = field(default_factory=dict)
    form: dict[str, str] = field(default_factory=dict)

    def open_form(self, product: str, method: str) -> None:
        """Show the product and fill its form in."""
        page = self._ask(product).text
        self.form = dict(_HIDDEN.findall(page)) | {
            "email": f"{secrets.token_hex(6)}@example.com",
            "quantity": "1",
            "method": method,
        }

    def order(self, product: str) -> str:
        """Send the form, and give the address of the order. Raises Died."""
        answer = self._ask(product, self.form)
        assert answer.status == 303, (answer.status, answer.text[:3_000])
        return urlsplit(answer.headers["Location"]).path

    def pay_otherwise(self, order: str, method: str) -> None:
        """Choose another method on the order's page."""
        form = dict(_HIDDEN.findall(self._ask(order).text))
        token = form["csrfmiddlewaretoken"]
        answer = self._ask(f"{order}pay/", {"csrfmiddlewaretoken": token, "method": method})
        assert answer.status == 303, (answer.status, answer.text[:3_000])

    def _ask(self, path: str, form: dict[str, str] | None = None) -> Reply:
        line = http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=30)
        kept = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        headers = {"Cookie": kept, "X-Forwarded-For": self.address}
        if form is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        try:
            line.request("GET" if form is None else "POST", path, urlencode(form or {}), headers)
            answer = line.getresponse()
            body = answer.read()
        except (ConnectionError, http.client.HTTPException) as error:
            raise Died from error
        finally:
            line.close()
        for cookie in answer.headers.get_all("Set-Cookie", []):
            name, _, value = cookie.partition(";")[0].partition("=")
            self.cookies[name] = value
        return Reply(answer.status, CaseInsensitiveMapping(dict(answer.headers)), body)


@dataclass
class Wallet:
    """Somebody with money, at the sandbox of Alipay."""

    url: str

    def look(self, link: str) -> None:
        """Open what the shop shows: a link to sign in by, or the text of a code."""
        wire = Wire(self.url)
        answer = wire.fetch(link)
        if answer.status == 302:
            wire.fetch(self.url + answer.headers["Location"])

    def pay(self, reference: str, ending: str = "pay") -> None:
        """Pay a trade that was looked at."""
        self._control(f"{reference}/", {"ending": ending})

    def tell_again(self, reference: str) -> None:
        """Have Alipay send its notifications once more, as it does by itself after four minutes."""
        self._control(f"{reference}/resend/", {})

    def stand(self, reference: str) -> dict[str, Any]:
        """How Alipay's own books stand."""
        return self._control(f"{reference}/")

    def _control(self, path: str, order: dict[str, Any] | None = None) -> dict[str, Any]:
        body = None if order is None else json.dumps(order).encode()
        answer = Wire(self.url).fetch(f"{self.url}/control/trades/{path}", body, "application/json")
        assert answer.status == 200, (answer.status, answer.body[:500])
        return dict(json.loads(answer.body))
