"""The demo's card keys: made up from the product's name, so that sowing again finds the same ones."""

import random

from kernel.actors import SYSTEM
from merchants.models import Product, Store
from merchants.services import dryruns, imports, uploads
from merchants.states import BatchSource, ProductKind

from . import goods

_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"


def stock(store: Store) -> int:
    """Import the keys of every product of a store that has none yet. Gives how many came in."""
    wanted = {
        item.slug: goods.TWIN_KEYS if store.slug.endswith("-test") and item.keys else item.keys
        for shop in (goods.DAWN, goods.GAMES, goods.NORTHSHORE)
        for item in shop.items
    }
    with_keys = Product.objects.filter(store=store, kind=ProductKind.CARD_KEYS)
    return sum(_bring(product, wanted[product.slug]) for product in with_keys)


def _bring(product: Product, count: int) -> int:
    if not count or product.batches.exists():
        return 0
    text = "\n".join(make_keys(f"{product.store.slug}/{product.slug}", count)).encode()
    batch = uploads.receive(
        product, lambda: [text], source=BatchSource.TXT, actor=SYSTEM, filename="demo.txt"
    )
    imports.begin(dryruns.check(batch), actor=SYSTEM)
    imports.run(batch.id)
    batch.refresh_from_db()
    return batch.imported


def make_keys(seed: str, count: int) -> list[str]:
    """So many keys, the same every time for the same seed."""
    dice = random.Random(seed)  # noqa: S311 (play keys, the same every time)
    return ["-".join("".join(dice.choices(_LETTERS, k=4)) for _ in range(4)) for _ in range(count)]
