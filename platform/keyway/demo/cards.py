"""The demo's accounts at the sandbox's Stripe: cards for every store, in dollars and in yuan.

While the seed runs nobody listens there; what buyers and our server do at it is handed over here.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.urls import get_urlconf, set_urlconf

from kernel import clock
from kernel.actors import BUYER, SYSTEM
from kernel.money import Money
from merchants.models import Merchant
from payments.channels.base import ChargeAnswer, ChargeState, MandateSaid
from payments.models import ChannelAccount, Payment
from payments.sandbox.models import StripeAccount, StripeCard
from payments.sandbox.stripe import accounts as sandbox
from payments.sandbox.stripe import intents, sessions, till
from payments.sandbox.stripe.cards import Typed
from payments.sandbox.stripe.errors import Refusal
from payments.sandbox.stripe.wire import Call
from payments.services import accounts
from payments.services.addresses import account_notify_url
from payments.subscriptions.addresses import subscription_url
from payments.subscriptions.models import Subscription
from payments.subscriptions.services import cards, mandates

RATE = Decimal("0.029")
_METHOD = "stripe.checkout"
_TYPED = Typed("4242424242424242", "12/34", "123")


def account(merchant: Merchant) -> None:
    """An account of the merchant, made once, where the sandbox listens today and tells today's address."""
    gateway = f"{settings.KEYWAY_SANDBOX_URL}/stripe"
    known = ChannelAccount.objects.filter(merchant=merchant, channel="stripe").first()
    if known is None:
        known = _open(merchant, gateway)
    elif known.gateway != gateway:
        accounts.move(known, gateway=gateway, actor=SYSTEM)
    sandbox.listen(known.settings["account_id"], account_notify_url(known.token))


def _open(merchant: Merchant, gateway: str) -> ChannelAccount:
    opened = sandbox.open(merchant.name)
    return accounts.register(
        merchant,
        "stripe",
        label="Stripe (sandbox)",
        gateway=gateway,
        settings={"account_id": opened.account_id, "mode": "test"},
        secrets={"api_key": opened.secret_key, "webhook_secret": opened.webhook_secret},
        rate=RATE,
        actor=SYSTEM,
    )


def show(subscription: Subscription) -> None:
    """The buyer lets a card be charged from now on, and shows it on Stripe's page."""
    mandate = cards.agreed(subscription, method=_METHOD, actor=BUYER)
    address = subscription_url(subscription.token)
    page = {"mode": "setup", "customer_creation": "always", "success_url": address, "cancel_url": address}
    names = {"metadata": {"keyway_mandate": mandate.key}, "client_reference_id": mandate.key}
    with _at_the_sandbox():
        made = sessions.create(_call(mandate.account_id, "checkout/sessions", page | names))
        kept = till.pay(made["id"], _TYPED).kept
    if kept is None:
        raise ValueError("The sandbox's Stripe keeps every good card.")
    said = MandateSaid(f"{kept.customer}:{kept.pk}", f"Visa •••• {kept.last4}", date(2034, 12, 31))
    mandates.activate(mandate.pk, said)


def refuse(subscription: Subscription) -> None:
    """The account behind the card is empty from now on."""
    if subscription.mandate is not None:
        name = subscription.mandate.handle.partition(":")[2]
        StripeCard.objects.filter(pk=name).update(plight="insufficient_funds")


def charge(payment: Payment) -> ChargeAnswer:
    """Charge the card that a payment's mandate names."""
    customer, _, method = payment.handle.partition(":")
    params = {
        "amount": str(payment.amount),
        "currency": payment.currency.lower(),
        "customer": customer,
        "payment_method": method,
        "description": payment.order.title,
        "metadata": {"keyway_payment": payment.reference, "keyway_off_session": "1"},
        "off_session": "true",
        "confirm": "true",
    }
    try:
        with _at_the_sandbox():
            made = intents.create(_call(payment.account_id, "payment_intents", params))
    except Refusal as refusal:
        code, name = refusal.error["decline_code"], refusal.error["payment_intent"]["id"]
        return ChargeAnswer(ChargeState.FAILED, handle=name, code=code, message=refusal.error["message"])
    paid = Money(made["amount_received"], payment.currency)
    names = {"handle": made["id"], "channel_txn": made["id"]}
    return ChargeAnswer(ChargeState.SUCCEEDED, paid=paid, paid_at=clock.now(), **names)


@contextmanager
def _at_the_sandbox() -> Iterator[None]:
    """Within, addresses are the sandbox's: it is a server of its own."""
    before = get_urlconf()
    set_urlconf("keyway.urls.sandbox")
    try:
        yield
    finally:
        set_urlconf(before)


def _call(account_id: Any, path: str, params: dict[str, Any]) -> Call:
    account = ChannelAccount.objects.get(pk=account_id)
    return Call(StripeAccount.objects.get(pk=account.settings["account_id"]), "POST", path, params, "")
