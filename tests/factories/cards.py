"""Makes shops that take cards through Stripe, and genuine events about what they sold."""

import json
from typing import Any

from kernel import clock
from kernel.actors import SYSTEM
from kernel.money import Money
from merchants.models import Merchant
from payments.channels.news import Reply
from payments.models import ChannelAccount, Order, Payment, Refund
from payments.services import account_notices, accounts, attempts, refunds
from tests.factories import payments as make
from tests.factories.merchants import StoreFactory, sellable
from tests.payments.channels import stripe_world as world

METHOD = "stripe.checkout"
RATE = make.CHANNEL_RATE


def account(merchant: Merchant, *, gateway: str = "http://127.0.0.1:9/stripe") -> ChannelAccount:
    """A Stripe account with good credentials."""
    made = world.account(gateway)
    return accounts.register(
        merchant,
        "stripe",
        label="Stripe",
        gateway=gateway,
        settings=made.settings,
        secrets=made.secrets,
        rate=RATE,
        actor=SYSTEM,
    )


def shop(*, gateway: str = "http://127.0.0.1:9/stripe", **changes: Any) -> make.Shop:
    """A shop that sells in dollars and takes cards; the price is 29.00."""
    at = make.shop(**changes)
    goods = sellable(5, store=StoreFactory.create(merchant=at.merchant), price=2900, currency="USD")
    return make.Shop(at.merchant, goods, account(at.merchant, gateway=gateway))


def place(at: make.Shop, **changes: Any) -> Order:
    """An order that waits for a card."""
    return make.place(at, method=METHOD, **changes)


def txn_of(payment: Payment) -> str:
    """The payment intent that pays it."""
    return f"pi_{payment.pk.hex[:24]}"


def tell(at: make.Shop, event: dict[str, Any], *, key: str = "", **how: Any) -> Reply:
    """Let Stripe say something to the account's address."""
    body = json.dumps(event | {"id": key or f"evt_{clock.now().timestamp():.6f}".replace(".", "_")})
    return account_notices.take(at.account.token, world.notice(body.encode(), **how))


def completed(payment: Payment, **changes: Any) -> dict[str, Any]:
    """The event that a payment was paid in full."""
    facts = {
        "client_reference_id": payment.reference,
        "amount_total": payment.amount,
        "amount_subtotal": payment.amount,
        "currency": payment.currency.lower(),
        "payment_intent": txn_of(payment),
    }
    return world.event("completed", **(facts | changes)) | {"created": int(clock.now().timestamp())}


def paid(at: make.Shop, **changes: Any) -> Payment:
    """A payment that a card paid."""
    payment = make.payment_of(place(at, **changes))
    assert tell(at, completed(payment)).status == 200
    payment.refresh_from_db()
    return payment


def refund(payment: Payment, amount: int = 0) -> Refund:
    """A refund of this much, or of all, about which Stripe has said nothing yet."""
    money = Money(amount or payment.amount, payment.currency)
    return refunds.book(payment=payment, amount=money, reason="does not work", actor=SYSTEM)


def reopened(order: Order) -> Payment:
    """Another attempt to pay an order by card."""
    return attempts.open(order, METHOD)


def refund_event(refund: Refund, status: str, **changes: Any) -> dict[str, Any]:
    """The event that says how a refund of ours stands at Stripe."""
    facts = {
        "amount": refund.amount,
        "currency": refund.currency.lower(),
        "status": status,
        "payment_intent": refund.payment.channel_txn,
        "metadata": {"keyway_refund": refund.request_no, "keyway_turn": str(refund.retries)},
        "failure_reason": "expired_or_canceled_card" if status == "failed" else None,
    }
    return world.event("refund_failed", **(facts | changes)) | {"type": "refund.updated"}


def dispute_event(
    payment: Payment, status: str = "needs_response", *, moved: str = "", **changes: Any
) -> dict[str, Any]:
    """The event that says how a dispute stands; `moved` is `-` for taken, `-+` for given back."""
    rows = [
        {"object": "balance_transaction", "amount": sign * payment.amount, "fee": fee, "currency": "usd"}
        for sign, fee in [{"-": (-1, 1500), "+": (1, 0)}[each] for each in moved]
    ]
    facts = {
        "amount": payment.amount,
        "currency": payment.currency.lower(),
        "status": status,
        "payment_intent": payment.channel_txn,
        "balance_transactions": rows,
    }
    return world.event("dispute", **(facts | changes)) | {"created": int(clock.now().timestamp())}
