"""Shops for the journeys: what a real one would write, in both languages, at the house's own Alipay."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeVar

from django.db import connection

from kernel.actors import SYSTEM
from kernel.books import Book
from merchants.models import Merchant, Product, Store
from payments.sandbox.alipay import apps
from payments.services import accounts
from tests.factories import merchants as make
from tests.faults.house import House
from tests.payments.sandbox.shop import SELLER, key_pair

Value = TypeVar("Value")

DESCRIPTION_ZH = """全球区可用，**即买即用**。

- 有效期：12 个月
- 每个卡密只能使用一次

## 兑换步骤

1. 打开 Steam 客户端
2. 选择「激活充值码」，粘贴卡密
"""
DESCRIPTION_EN = """Works in **all regions**.

- Valid for 12 months
- Each key works once

## How to redeem

1. Open Steam
2. Choose *Redeem a wallet code* and paste the key
"""


@dataclass(frozen=True)
class Shop:
    """A store with a product in stock, one nearly gone, one sold out and one that no method takes."""

    store: Store
    product: Product
    few: Product
    gone: Product
    dollars: Product

    @property
    def path(self) -> str:
        """Its address."""
        return f"/s/{self.store.slug}/"

    def path_of(self, product: Product) -> str:
        """The address of a product."""
        return f"{self.path}p/{product.slug}/"


def open_shop(house: House, slug: str, *, twin: bool = False, owner: Merchant | None = None) -> Shop:
    """Open a shop whose Alipay is the house's sandbox, for `owner` or for somebody new."""
    owner = owner or make.MerchantFactory.create(name="北纬数码")
    if twin:
        owner = make.MerchantFactory.create(name="北纬数码", book=Book.SANDBOX, twin_of=owner)
    _take_money(house, owner)
    store = make.StoreFactory.create(
        merchant=owner,
        slug=slug,
        name_zh="北纬数码",
        name_en="North Digital",
        notice_zh="**付款后自动发货**，链接同时发到邮箱。\n充值问题请先看商品说明。",
        notice_en="**Delivered automatically** after payment.\nPlease read the description first.",
        support_zh="help@north.example · 9:00–22:00",
        support_en="help@north.example · 9:00–22:00",
    )
    product = _product(
        store,
        "steam-50",
        "Steam 钱包充值码 50 元",
        "Steam Wallet Code ¥50",
        4850,
        200,
        max_quantity=100,
        description_zh=DESCRIPTION_ZH,
        description_en=DESCRIPTION_EN,
        usage_zh="打开 Steam 客户端，点「激活充值码」，粘贴卡密。",
        usage_en="Open Steam, choose *Redeem a wallet code* and paste the key.",
    )
    make.PriceTierFactory.create(product=product, from_quantity=10, unit_price=4790)
    make.PriceTierFactory.create(product=product, from_quantity=50, unit_price=4700)
    return Shop(
        store=store,
        product=product,
        few=_product(store, "net-pass", "高速网络月卡", "Network pass, one month", 1500, 4),
        gone=_product(store, "video", "视频会员年卡", "Video membership, one year", 19_800, 0),
        dollars=_product(store, "gift", "美元礼品卡", "Gift card in US dollars", 2500, 30, currency="USD"),
    )


def aside(work: Callable[[], Value]) -> Value:
    """Do something with the database in a thread of its own: in the journey's runs Playwright's loop."""

    def done() -> Value:
        try:
            return work()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(done).result()


def _take_money(house: House, owner: Merchant) -> None:
    app_id = f"2021{owner.pk.int % 10**12:012d}"
    private, public = key_pair("shop")
    accounts.register(
        owner,
        "alipay",
        label="支付宝",
        gateway=f"{house.sandbox_url}/gateway.do",
        settings={"app_id": app_id, "seller_id": SELLER},
        secrets={
            "private_key": private,
            "channel_public_key": apps.register(app_id, public, SELLER, name="北纬数码"),
        },
        rate=Decimal("0.006"),
        actor=SYSTEM,
    )


def _product(store: Store, slug: str, zh: str, en: str, price: int, keys: int, **fields: object) -> Product:
    product = make.ProductFactory.create(
        store=store, slug=slug, name_zh=zh, name_en=en, price=price, **fields
    )
    make.stocked(product, [f"{slug[:4].upper()}-{n:04d}-XK7Q-M2PV" for n in range(keys)])
    return product
