"""The channels' stages: Alipay and Stripe, each with its own way to register, to pay and to be told."""

import json
import urllib.parse
import urllib.request
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from payments.channels.alipay import PAGE, QR, WAP, Alipay
from payments.channels.base import Account, Action
from payments.channels.stripe import CHECKOUT, Stripe
from tests.payments.channels import alipay_world as world
from tests.payments.channels import stripe_world
from tests.payments.channels.conformance import House, Stage
from tests.processes import manage

STRANGER = ("2021000118660000", "2088102146220000")
GOOD_CARD = "4242 4242 4242 4242"


@dataclass
class Sandbox:
    """The sandbox's role, running, and what has been registered with it."""

    url: str
    pair: str
    env: dict[str, str]
    folder: Path
    house: House
    alipay: dict[str, Account] = field(default_factory=dict)

    def press(self, page: str, **form: str) -> None:
        """Post a form to a page of the sandbox, and follow where it leads."""
        with urllib.request.urlopen(page, urllib.parse.urlencode(form).encode(), timeout=20):
            pass

    def order(self, path: str, **words: Any) -> dict[str, Any]:
        """Tell the control something, in JSON."""
        request = urllib.request.Request(
            f"{self.url}/control/{path}/", json.dumps(words).encode(), {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=20) as answer:
            return dict(json.load(answer))


def order_fault(sandbox: Sandbox, **fault: Any) -> None:
    """Have something go wrong on the wire, once."""
    sandbox.order("faults", **fault)


class AlipaysBuyer:
    """Follows redirects and presses the cashier's buttons."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox

    def come(self, action: Action) -> None:
        with urllib.request.urlopen(action.value, timeout=20):
            pass

    def pay(self, action: Action) -> None:
        self._press(action, "pay")

    def pay_with_wrong_amount(self, action: Action) -> None:
        self._press(action, "wrong_amount")

    def pay_with_wrong_signature(self, action: Action) -> None:
        self._press(action, "wrong_signature")

    def pay_and_be_told_twice(self, action: Action) -> None:
        self._press(action, "twice")

    def _press(self, action: Action, ending: str) -> None:
        with urllib.request.urlopen(action.value, timeout=20) as page:
            cashier = page.url
        self.sandbox.press(cashier, ending=ending)


class StripesBuyer(AlipaysBuyer):
    """Types a card into the hosted page."""

    def _press(self, action: Action, ending: str) -> None:
        card = {"number": GOOD_CARD, "expiry": "12/99", "cvc": "123"} if ending == "pay" else {}
        self.sandbox.press(action.value, ending=ending, **card)


def alipay_stage(sandbox: Sandbox) -> Stage:
    """Alipay: keys are exchanged once; a notification's address goes with each charge."""
    if not sandbox.alipay:
        sandbox.alipay["mine"] = _registered(sandbox, world.APP_ID, world.SELLER_ID, "app")
        sandbox.alipay["stranger"] = _registered(sandbox, *STRANGER, "stranger")
    return Stage(
        channel=Alipay(),
        account=sandbox.alipay["mine"],
        stranger=sandbox.alipay["stranger"],
        buyer=AlipaysBuyer(sandbox),
        ear=sandbox.house.door(Alipay().acknowledge(accepted=True)),
        methods=(QR, PAGE, WAP),
        currency="CNY",
        key="private_key",
        refund_call="alipay.trade.refund",
        tamper=(b"12.34", b"12.33"),
    )


def stripe_stage(sandbox: Sandbox) -> Stage:
    """Stripe: an account of its own for each test, because events go to the account's address."""
    ear = sandbox.house.door(Stripe().acknowledge(accepted=True))
    return Stage(
        channel=Stripe(),
        account=_opened(sandbox, ear.url),
        stranger=_opened(sandbox, ""),
        buyer=StripesBuyer(sandbox),
        ear=ear,
        methods=(CHECKOUT,),
        currency="USD",
        key="api_key",
        refund_call="POST refunds",
        tamper=(b"1234", b"1233"),
    )


def _opened(sandbox: Sandbox, webhook_url: str) -> Account:
    said = sandbox.order("stripe-accounts", name="北岸软件", webhook_url=webhook_url)
    return stripe_world.account(
        f"{sandbox.url}/stripe",
        account_id=said["account_id"],
        api_key=said["secret_key"],
        webhook_secret=said["webhook_secret"],
    )


def _registered(sandbox: Sandbox, app_id: str, seller_id: str, owner: str) -> Account:
    key = sandbox.folder / f"{owner}.pem"
    key.write_text(world.public_pem(owner))
    done = manage(
        "sandbox_alipay_app", app_id, "--seller", seller_id, "--public-key", str(key), env=sandbox.env
    )
    assert done.returncode == 0, done.stderr
    bare = world.account(f"{sandbox.url}/gateway.do", app_id=app_id, seller_id=seller_id)
    return replace(
        bare, secrets={"private_key": world.private_pem(owner), "channel_public_key": done.stdout.strip()}
    )
