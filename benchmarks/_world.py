"""A platform full of merchants: seeded in bulk through the real vault, once, and kept as a template."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

from _alipay import APP_ID, GATEWAY, SELLER_ID, Keys
from _postgres import drop_like, exists, make, rename

ROOT = Path(__file__).resolve().parents[1]
DATABASE = "keyway_bench_sale"
PRICE_FEN = 1_000
PRODUCTS_EACH = 2


@dataclass(frozen=True)
class Size:
    """How much there is. The hot product is the first merchant's first."""

    merchants: int
    keys_each: int
    keys_hot: int


FULL, QUICK = Size(1_000, 150, 60_000), Size(200, 40, 8_000)


@dataclass(frozen=True)
class Shelf:
    """Where a product is bought: the addresses of its shop and of itself, and its first price."""

    shop: str
    product: str


def prepare(size: Size, database: str = DATABASE) -> Keys:
    """Bring the benchmark's database, seeded, with accounts under new Alipay keys; Django must be set up."""
    prefix = f"keyway_sale_{size.merchants}_"
    template = prefix + _digest(size)
    if not exists(template):
        building = f"{template}_building"
        make(building)
        _connect(building)
        _seed(size)
        _connect("postgres")
        rename(building, template)
    drop_like(prefix, keep=template)
    make(database, template=template)
    _connect(database)
    keys = Keys.draw()
    _accounts(keys)
    return keys


def shelves() -> list[Shelf]:
    """All products, the hot one first."""
    from merchants.models import Product

    rows = Product.objects.order_by("id").values_list("store__slug", "slug")
    return [Shelf(*row) for row in rows]


def _connect(name: str) -> None:
    from django.db import connection

    connection.close()
    connection.settings_dict["NAME"] = name


def _digest(size: Size) -> str:
    """What the template depends on: the migrations, this file, and the keys that sealed it."""
    from django.conf import settings

    whole = hashlib.sha256(f"{size} {settings.KEYWAY_MASTER_KEYS}".encode())
    apps = ("platform", "merchants", "risk", "settlement", "payments")
    files = [file for app in apps for file in sorted((ROOT / app).glob("**/migrations/*.py"))]
    for file in [*files, Path(__file__)]:
        whole.update(file.read_bytes())
    return whole.hexdigest()[:12]


def _seed(size: Size) -> None:
    from django.core.management import call_command
    from django.db import connection

    from kernel.actors import SYSTEM
    from kernel.books import Book
    from risk.services import limits

    call_command("migrate", verbosity=0)
    if not limits.add_starting(Book.LIVE, actor=SYSTEM, reason="bench"):
        print("risk: the limits of a new installation were there already", flush=True)
    merchants = _merchants(size)
    products = _products(merchants)
    with connection.cursor() as cursor:
        _stock(cursor, products, size)
    connection.close()
    with connection.cursor() as cursor:
        # Only what holds rows. Of a new table that nobody has analysed PostgreSQL assumes a few pages; of one
        # that was analysed empty it believes it, and a session that plans then reads it from end to end for
        # as long as the session lives.
        cursor.execute("SELECT relid::regclass::text FROM pg_stat_user_tables WHERE n_live_tup > 0")
        tables = [name for (name,) in cursor.fetchall()]
        cursor.execute(f"VACUUM ANALYZE {', '.join(tables)}")
        cursor.execute("CHECKPOINT")


def _merchants(size: Size) -> list[Any]:
    """Merchants under a licence, each with a store and a plan of 3 %."""
    from kernel import ids
    from merchants.models import Licence, Merchant, Store
    from settlement.models import FeePlanVersion

    licence = Licence.objects.create(
        number="BENCH",
        holder="Bench",
        jurisdiction="CN",
        valid_from=date(2020, 1, 1),
        valid_to=date(2099, 1, 1),
    )
    merchants = Merchant.objects.bulk_create(
        Merchant(
            id=ids.new(),
            name=f"Merchant {n}",
            book="live",
            settlement_mode="platform_payout",
            licence=licence,
        )
        for n in range(size.merchants)
    )
    Store.objects.bulk_create(
        Store(
            id=ids.new(), merchant=merchant, book="live", slug=f"shop-{n}",
            name_zh=f"商店{n}", name_en=f"Shop {n}",
        )
        for n, merchant in enumerate(merchants)
    )  # fmt: skip
    FeePlanVersion.objects.bulk_create(
        FeePlanVersion(
            merchant_id=merchant.id, rate=Decimal("0.03"), fixed={}, merchant_bears_channel=True,
            settlement_days=1, country="CN", zone="Asia/Shanghai", starts_at=merchant.created_at,
        )
        for merchant in merchants
    )  # fmt: skip
    return merchants


def _accounts(keys: Keys) -> None:
    """An Alipay account for each merchant."""
    import vault
    from kernel import ids
    from merchants.models import Merchant
    from payments.models import ChannelAccount
    from payments.services.accounts import CONTEXT

    secrets = json.dumps(keys.secrets())
    rows = [
        ChannelAccount(
            id=ids.new(), merchant=merchant, book="live", channel="alipay", label="Alipay", gateway=GATEWAY,
            settings={"app_id": APP_ID, "seller_id": SELLER_ID}, rate=Decimal("0.006"),
        )
        for merchant in Merchant.objects.all()
    ]  # fmt: skip
    for row in rows:
        row.secrets = vault.seal(row.merchant_id, secrets, context=CONTEXT, row=row.id)
    ChannelAccount.objects.bulk_create(rows)


def _products(merchants: list[Any]) -> list[Any]:
    from kernel import ids
    from merchants.models import Product, StockBatch, Store

    stores = {store.merchant_id: store for store in Store.objects.all()}
    products = Product.objects.bulk_create(
        Product(
            id=ids.new(), merchant=merchant, store=stores[merchant.id], slug=f"card-{place}",
            name_zh="月卡 30 天", name_en="30 days", currency="CNY", price=PRICE_FEN + place, status="live",
        )
        for merchant in merchants
        for place in range(PRODUCTS_EACH)
    )  # fmt: skip
    StockBatch.objects.bulk_create(
        StockBatch(
            id=product.id, merchant_id=product.merchant_id, product=product, source="txt", state="imported"
        )
        for product in products
    )
    return products


def _stock(cursor: Any, products: list[Any], size: Size) -> None:
    import vault
    from merchants.services.stock import CONTEXT

    statement = (
        "COPY merchants_stockitem (id, merchant_id, product_id, batch_id, sealed, fingerprint, state)"
        " FROM STDIN (FORMAT BINARY)"
    )
    # Before the COPY: it occupies the connection by which the vault would ask for keys.
    sealers = {
        product.merchant_id: vault.sealer(product.merchant_id, context=CONTEXT) for product in products
    }
    with cursor.copy(statement) as copy:
        copy.set_types(["uuid", "uuid", "uuid", "uuid", "bytea", "bytea", "varchar"])
        for place, product in enumerate(products):
            for row in _sealed_keys(sealers[product.merchant_id], size.keys_each if place else size.keys_hot):
                copy.write_row((row[0], product.merchant_id, product.id, product.id, *row[1:], "available"))
    cursor.execute(
        "UPDATE merchants_stockbatch b SET lines = n, imported = n"
        " FROM (SELECT batch_id, count(*) AS n FROM merchants_stockitem GROUP BY 1) s WHERE s.batch_id = b.id"
    )


def _sealed_keys(sealer: Any, count: int) -> Iterator[tuple[UUID, bytes, bytes]]:
    from kernel import ids

    rows = [ids.new() for _ in range(count)]
    values = [f"{row.hex[:8]}-{row.hex[8:16]}-{row.hex[16:]}".upper().encode() for row in rows]
    return zip(rows, sealer.seal_many(values, rows), sealer.fingerprints(values), strict=True)
