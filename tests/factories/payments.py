"""Makes shops that can be bought at, orders, and genuine Alipay notifications: real rows, real keys."""

import os
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

from django.db import transaction

from kernel import clock, ids
from kernel.actors import SYSTEM
from kernel.books import Book
from kernel.money import Money, Rate
from ledger import posting
from ledger.legs import Posting
from merchants.models import Merchant, Product
from payments.channels.news import NoticeRequest, Reply
from payments.models import ChannelAccount, Notice, Order, Payment
from payments.services import accounts, baskets, checkout, codes, notices, orders
from payments.services.baskets import Basket
from payments.services.orders import Placed
from payments.states import Device
from settlement import plans
from settlement.fees import FeePlan
from tests.factories.merchants import MerchantFactory, StoreFactory, sellable
from tests.payments.channels import alipay_world as alipay

NOWHERE = "http://127.0.0.1:9/gateway.do"
PLATFORM_RATE, CHANNEL_RATE = Decimal("0.03"), Decimal("0.006")


@dataclass(frozen=True)
class Shop:
    """A product with keys, and an Alipay account that takes the money for it."""

    merchant: Merchant
    product: Product
    account: ChannelAccount


def alipay_account(merchant: Merchant, *, gateway: str = NOWHERE, **settings: str) -> ChannelAccount:
    """An Alipay account with good credentials of its own."""
    return accounts.register(
        merchant,
        "alipay",
        label="Alipay",
        gateway=gateway,
        settings={"app_id": alipay.APP_ID, "seller_id": alipay.SELLER_ID, **settings},
        secrets={
            "private_key": alipay.private_pem("app"),
            "channel_public_key": alipay.public_pem("alipay"),
        },
        rate=CHANNEL_RATE,
        actor=SYSTEM,
    )


def shop(
    keys: int = 5,
    *,
    gateway: str = NOWHERE,
    price: int = 1000,
    merchant: Merchant | None = None,
    merchant_bears_channel: bool = True,
    **product: Any,
) -> Shop:
    """A shop with `keys` in stock at `price` fen, which pays 3 % to the platform and 0.6 % to Alipay."""
    owner = merchant or MerchantFactory.create()
    plan = FeePlan(Rate(PLATFORM_RATE), {}, merchant_bears_channel, 1, "CN", "Asia/Shanghai")
    plans.change(owner.pk, plan, actor=SYSTEM, reason="test")
    goods = sellable(keys, store=StoreFactory.create(merchant=owner), price=price, **product)
    account = ChannelAccount.objects.filter(merchant=owner).first() or alipay_account(owner, gateway=gateway)
    return Shop(owner, goods, account)


def basket(at: Shop, **changes: Any) -> Basket:
    """A buyer's form for one key, paying by Alipay's page; another buyer each time."""
    buyer = uuid4()
    values: dict[str, Any] = {
        "product_id": at.product.pk,
        "quantity": 1,
        "contact": f"buyer-{buyer.hex}@example.com",
        "method": "alipay.page",
        "form_key": buyer,
        "address": f"2001:db8:{buyer.hex[:4]}:{buyer.hex[4:8]}::1",
        "language": "zh-hans",
        "device": Device.DESKTOP,
    }
    return Basket(**(values | changes))


def place(at: Shop, *, review: bool = False, **changes: Any) -> Order:
    """An order as the checkout places it, without asking risk."""
    asked = codes.judged(baskets.ask(basket(at, **changes)))
    return found(orders.place(asked, decision_id=None, review=review))


def bought(at: Shop, **changes: Any) -> Order:
    """An order through the whole checkout."""
    return found(checkout.buy(basket(at, **changes)))


def found(placed: Placed) -> Order:
    """The row of an order that was placed."""
    return Order.objects.select_related("merchant", "store", "product").get(pk=placed.order_id)


def payment_of(order: Order) -> Payment:
    """Its latest payment."""
    return order.payments.select_related("order").order_by("-ordinal")[0]


def notice(payment: Payment, **changes: str) -> NoticeRequest:
    """Alipay's genuine word that this payment was paid in full; `changes` are signed as well."""
    return alipay.notice(alipay.signed(fields(payment, **changes)))


def fields(payment: Payment, **changes: str) -> dict[str, str]:
    """What Alipay would sign for this payment."""
    yuan = str(Money(payment.amount, payment.currency).decimal)
    number = str(payment.pk.int)[-26:]
    when = clock.now() + timedelta(hours=8)
    return {
        **alipay.PAID,
        "out_trade_no": payment.reference,
        "trade_no": f"2026{number}",
        "notify_id": f"n{number}",
        "total_amount": yuan,
        "receipt_amount": yuan,
        "buyer_pay_amount": yuan,
        "invoice_amount": yuan,
        "gmt_payment": f"{when:%Y-%m-%d %H:%M:%S}",
    } | changes


def kept(payment: Payment, **changes: Any) -> Notice:
    """A genuine success as it is kept when it cannot be applied at once."""
    facts = {
        "key": ids.encode("ntc", ids.new()),
        "digest": os.urandom(32),
        "said": "succeeded",
        "channel_txn": f"2026{ids.new().int}"[:28],
        "amount": payment.amount,
        "currency": payment.currency,
        "body": b"sealed",
        "received_at": clock.now(),
    }
    return Notice.objects.create(account_id=payment.account_id, payment=payment, **(facts | changes))


def pay(order: Order, **changes: str) -> Reply:
    """Let Alipay say that the order's latest payment was paid."""
    payment = payment_of(order)
    return notices.take(payment.notify_token, notice(payment, **changes))


def paid(at: Shop, *, review: bool = False, **changes: Any) -> Order:
    """An order that was placed and paid."""
    order = place(at, review=review, **changes)
    pay(order)
    order.refresh_from_db()
    return order


def sandbox_shop(keys: int = 5, **fields: Any) -> Shop:
    """A shop of a sandbox twin."""
    live = MerchantFactory.create()
    twin = MerchantFactory.create(book=Book.SANDBOX, twin_of=live)
    return shop(keys, merchant=twin, **fields)


def found_again(payment: Payment) -> Order:
    """The order of a payment, as it is now."""
    return Order.objects.get(pk=payment.order_id)


def post(what: Posting) -> None:
    """Post to the ledger."""
    with transaction.atomic():
        posting.post(what)
