"""Two shops of a month that never was: live merchants under the demo's licence, opened before it begins."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import NAMESPACE_URL, UUID, uuid5
from zoneinfo import ZoneInfo

from kernel.actors import SYSTEM, Actor, ActorKind
from kernel.books import Book
from kernel.money import Rate
from keyway.demo import trade
from keyway.demo.keys import make_keys
from merchants.models import Merchant, Product, User
from merchants.services import dryruns, imports, merchants, products, stores, uploads
from merchants.states import BatchSource, ProductStatus, SettlementMode
from settlement import plans, rails, schedules
from settlement.fees import FeePlan
from settlement.models import RailAccount
from settlement.rhythm import Terms
from settlement.services import bank_accounts, rail_accounts
from settlement.states import Cycle

from .bank import CODE, Bank

ZONE, COUNTRY = "Asia/Shanghai", "CN"
_THURSDAY = 3


@dataclass(frozen=True, slots=True)
class Sketch:
    """A merchant of the month: what it takes for a key, what it pays, when it is settled."""

    name: str
    slug: str
    price: int
    rate: str
    cycle: Cycle


SKETCHES = (
    Sketch("Simulated: daily", "sim-daily", 19_90, "0.012", Cycle.DAILY),
    Sketch("Simulated: weekly", "sim-weekly", 128_00, "0.01", Cycle.WEEKLY),
)


@dataclass(frozen=True, slots=True)
class Shop:
    """A merchant and the product that it sells."""

    merchant: Merchant
    product: Product
    sketch: Sketch


@dataclass(frozen=True, slots=True)
class World:
    """Everybody who takes part."""

    shops: tuple[Shop, ...]
    operators: tuple[Actor, Actor]
    bank: Bank


def opened(seed: int, keys: int) -> World:
    """Open the shops with so many keys each. Called within the moment before the month."""
    bank = Bank()
    rails.bind(CODE, bank)
    operators = (_operator(seed, 1), _operator(seed, 2))
    if not RailAccount.objects.filter(book=Book.LIVE, in_use=True, rail=CODE).exists():
        rail_accounts.register(
            Book.LIVE,
            CODE,
            label="Bank (simulated)",
            gateway="http://127.0.0.1:9/",
            settings={},
            secrets={},
            actor=SYSTEM,
        )
    shops = tuple(_shop(sketch, seed, number, keys, operators[0]) for number, sketch in enumerate(SKETCHES))
    return World(shops, operators, bank)


def fee_plan(sketch: Sketch) -> FeePlan:
    """T+1, the channel's fee on the merchant."""
    return FeePlan(Rate(Decimal(sketch.rate)), {}, True, 1, COUNTRY, ZONE)


def _shop(sketch: Sketch, seed: int, number: int, keys: int, operator: Actor) -> Shop:
    merchant = merchants.open_live(
        f"{sketch.name} {seed}",
        actor=SYSTEM,
        settlement_mode=SettlementMode.PLATFORM_PAYOUT,
        licence=trade.licence(),
    )
    plans.change(merchant.id, fee_plan(sketch), actor=SYSTEM, reason="The simulation's plan.")
    schedules.change(
        merchant,
        Terms(sketch.cycle, _THURSDAY, COUNTRY, ZONE, {"CNY": 10_00}),
        actor=SYSTEM,
        reason="The simulation's schedule.",
    )
    trade.account(merchant, number=70_000 + seed * 10 + number)
    account = bank_accounts.add(
        merchant,
        "CNY",
        holder=merchant.name,
        bank="中国工商银行",
        number=f"62220000000{number:05d}",
        actor=SYSTEM,
    )
    bank_accounts.confirm(account, actor=operator, reason="The simulation's; no document was seen.")
    return Shop(merchant, _product(merchant, sketch, seed, keys), sketch)


def _product(merchant: Merchant, sketch: Sketch, seed: int, keys: int) -> Product:
    store = stores.create(
        merchant, f"{sketch.slug}-{seed}", actor=SYSTEM, name_zh=f"模拟商店 {seed}", name_en=sketch.name
    )
    product = products.create(
        store,
        actor=SYSTEM,
        slug="key",
        name_zh="模拟卡密",
        name_en="Simulated key",
        currency="CNY",
        price=sketch.price,
        max_quantity=5,
    )
    products.enter(product, ProductStatus.LIVE, actor=SYSTEM)
    text = "\n".join(make_keys(f"{store.slug}/{seed}", keys)).encode()
    batch = uploads.receive(
        product, lambda: [text], source=BatchSource.TXT, actor=SYSTEM, filename="simulated.txt"
    )
    imports.begin(dryruns.check(batch), actor=SYSTEM)
    imports.run(batch.id)
    return product


def _operator(seed: int, number: int) -> Actor:
    """An operator without a password: nobody can sign in as one."""
    email = f"simulated-{seed}-{number}@keyway.example"
    user = User.objects.filter(email=email).first()
    if user is None:
        user = User.objects.create_user(email, None, name=f"Simulated operator {number}", is_staff=True)
    return Actor(ActorKind.OPERATOR, user.pk)


def form_key(seed: int, number: int) -> UUID:
    """The form of the month's so manieth buyer, the same every time."""
    return uuid5(NAMESPACE_URL, f"simulation/{seed}/{number}")


def first_moment(text: str) -> datetime:
    """Midnight of a day in the shops' zone, from `2026-03-01`."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(ZONE))
