"""The demo's merchants: live ones under a demo licence, their twins, what they pay, and where they are paid.

All of their channel accounts, live ones too, point at the sandbox server; `check --deploy` refuses that in
production.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from django.conf import settings

from kernel import clock
from kernel.actors import SYSTEM
from kernel.money import Rate
from merchants.models import Licence, Merchant, Store
from merchants.roles import Role
from merchants.services import coupon_codes, merchants, products, stores, team, twins
from merchants.services import plans as memberships
from merchants.states import CouponKind, ProductKind, ProductStatus, SettlementMode
from payments.models import ChannelAccount
from payments.sandbox.alipay import apps
from payments.services import accounts
from settlement import plans
from settlement.fees import FeePlan

from . import cards, goods, people, settling
from .goods import Club, Item, Shop
from .people import Person

ALIPAY_RATE = Decimal("0.006")
_IN_TRADE_FOR = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class House:
    """A merchant of the demo. `number` makes its app ids at the sandbox differ from the others'."""

    number: int
    name: str
    shops: tuple[Shop, ...]
    team: tuple[Person, ...]
    plan: FeePlan
    bank_number: str
    weekly: bool  # settled each Thursday, else every business day


def _plan(rate: str, days: int) -> FeePlan:
    return FeePlan(
        rate=Rate(Decimal(rate)),
        fixed={},
        merchant_bears_channel=True,
        settlement_days=days,
        country="CN",
        zone="Asia/Shanghai",
    )


HOUSES = (
    House(
        1,
        "晨光数码 Dawn Digital",
        (goods.DAWN, goods.GAMES),
        people.DAWN_TEAM,
        _plan("0.012", 1),
        bank_number="6222020000010001",
        weekly=False,
    ),
    House(
        2,
        "北岸软件 Northshore Software",
        (goods.NORTHSHORE,),
        people.NORTHSHORE_TEAM,
        _plan("0.01", 1),
        bank_number="6222020000020004",
        weekly=True,
    ),
)


def sow(house: House) -> list[Store]:
    """A live merchant with its team, stores, twin and accounts. Gives all stores, the twin's last."""
    live = _live(house)
    twin = Merchant.objects.filter(twin_of=live).first() or merchants.open_twin(live, actor=SYSTEM)
    for person in house.team:
        user = people.user(person)
        if not live.members.filter(user=user).exists():
            team.add(live, user, person.role or Role.VIEWER, actor=SYSTEM)
    for merchant, digit in ((live, 0), (twin, 1)):
        account(merchant, house.number * 2 + digit)
        cards.account(merchant)
    settling.settle(live, people.user(people.OPERATORS[0]), number=house.bank_number, weekly=house.weekly)
    opened = [_store(live, shop) for shop in house.shops]
    copies = [_copy(store, twin, shop) for store, shop in zip(opened, house.shops, strict=True)]
    return opened + copies


def _live(house: House) -> Merchant:
    known: Merchant | None = Merchant.objects.live().filter(name=house.name).first()
    if known is not None:
        return known
    live = merchants.open_live(
        house.name, actor=SYSTEM, settlement_mode=SettlementMode.PLATFORM_PAYOUT, licence=licence()
    )
    # In force before the first order that its history tells of.
    with clock.telling(clock.now() - _IN_TRADE_FOR):
        plans.change(live.id, house.plan, actor=SYSTEM, reason="The demo's plan.")
    return live


def licence() -> Licence:
    """The licence under which the demo's platform holds money; `check --deploy` refuses it."""
    record, _ = Licence.objects.get_or_create(
        jurisdiction="CN",
        number="DEMO-0001",
        defaults={
            "holder": "Keyway demo, not a licence",
            "valid_from": date(2020, 1, 1),
            "valid_to": date(2099, 12, 31),
            "demo": True,
        },
    )
    return record


def _store(live: Merchant, shop: Shop) -> Store:
    known = Store.objects.filter(slug=shop.slug).first()
    if known is not None:
        return known
    words = ("name_zh", "name_en", "notice_zh", "notice_en", "support_zh", "support_en", "accent")
    store = stores.create(live, shop.slug, actor=SYSTEM, **{name: getattr(shop, name) for name in words})
    for position, item in enumerate(shop.items):
        _product(store, item, position)
    for position, club in enumerate(shop.clubs, start=len(shop.items)):
        _club(store, club, position)
    _ten_per_cent(store, shop.code)
    return store


def _copy(store: Store, twin: Merchant, shop: Shop) -> Store:
    """The store in the sandbox, with the same code."""
    known = Store.objects.filter(slug=f"{store.slug}-test").first()
    if known is not None:
        return known
    copy = twins.copy_store(store, twin, actor=SYSTEM)
    _ten_per_cent(copy, shop.code)
    return copy


def _product(store: Store, item: Item, position: int) -> None:
    words = (
        *("slug", "name_zh", "name_en", "description_zh", "description_en", "usage_zh", "usage_en"),
        *("currency", "price", "max_quantity"),
    )
    product = products.create(
        store,
        actor=SYSTEM,
        tiers=item.tiers,
        position=position,
        **{name: getattr(item, name) for name in words},
    )
    products.enter(product, ProductStatus.LIVE, actor=SYSTEM)


def _club(store: Store, club: Club, position: int) -> None:
    words = ("slug", "name_zh", "name_en", "description_zh", "description_en", "usage_zh", "usage_en")
    product = products.create(
        store,
        actor=SYSTEM,
        kind=ProductKind.MEMBERSHIP,
        position=position,
        currency=club.currency,
        **{name: getattr(club, name) for name in words},
    )
    for place, offer in enumerate(club.offers):
        terms = memberships.Terms(
            unit=offer.unit,
            trial_days=offer.trial_days,
            max_quantity=10,
            prices={club.currency: offer.price},
        )
        names = {"slug": offer.slug, "name_zh": offer.name_zh, "name_en": offer.name_en}
        plan = memberships.create(product, actor=SYSTEM, terms=terms, position=place, **names)
        memberships.publish(plan, actor=SYSTEM)
    products.enter(product, ProductStatus.LIVE, actor=SYSTEM)


def _ten_per_cent(store: Store, code: str) -> None:
    coupon_codes.create_with_code(
        store.merchant,
        code,
        actor=SYSTEM,
        store=store,
        name="新客九折 · 10% off",
        kind=CouponKind.PERCENTAGE,
        percent=Decimal(10),
        per_buyer=3,
        starts_at=clock.now() - _IN_TRADE_FOR,
    )


def account(merchant: Merchant, number: int) -> None:
    """An account at the sandbox's Alipay, with keys made here and now, where the sandbox listens today."""
    gateway = f"{settings.KEYWAY_SANDBOX_URL}/gateway.do"
    known = ChannelAccount.objects.filter(merchant=merchant, channel="alipay").first()
    if known is not None:
        if known.gateway != gateway:
            accounts.move(known, gateway=gateway, actor=SYSTEM)
        return
    app_id, seller_id = f"20260000000{number:05d}", f"20880000000{number:05d}"
    key = rsa.generate_private_key(public_exponent=65_537, key_size=2048)
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    platform_key = apps.register(app_id, public, seller_id, name=merchant.name)
    accounts.register(
        merchant,
        "alipay",
        label="Alipay (sandbox)",
        gateway=gateway,
        settings={"app_id": app_id, "seller_id": seller_id},
        secrets={"private_key": private, "channel_public_key": platform_key},
        rate=ALIPAY_RATE,
        actor=SYSTEM,
    )
