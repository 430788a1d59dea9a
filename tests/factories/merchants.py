"""Makes users, merchants, stores, products and stock for tests. Real rows, real sealing."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import factory
from factory.django import DjangoModelFactory

import vault
from kernel import ids
from kernel.books import Book
from merchants.models import Licence, Member, Merchant, PriceTier, Product, StockBatch, StockItem, Store, User
from merchants.roles import Role
from merchants.services.stock import CONTEXT
from merchants.states import BatchSource, BatchState, ProductStatus

PASSWORD = "correct horse battery staple"


class UserFactory(DjangoModelFactory[User]):
    """A person with a usable password."""

    class Meta:
        model = User
        skip_postgeneration_save = True

    email = factory.Sequence(lambda n: f"person{n}@example.com")
    name = factory.Sequence(lambda n: f"Person {n}")

    @classmethod
    def _create(cls, model_class: type[User], *args: Any, **kwargs: Any) -> User:
        return model_class.objects.create_user(password=PASSWORD, **kwargs)


class LicenceFactory(DjangoModelFactory[Licence]):
    """A licence in force in China."""

    class Meta:
        model = Licence

    number = factory.Sequence(lambda n: f"Z{n:012d}")
    holder = "Keyway Payments Ltd."
    jurisdiction = "CN"
    valid_from = factory.LazyFunction(lambda: date(2020, 1, 1))
    valid_to = factory.LazyFunction(lambda: date(2099, 12, 31))


class MerchantFactory(DjangoModelFactory[Merchant]):
    """A live merchant in mode `direct`."""

    class Meta:
        model = Merchant

    name = factory.Sequence(lambda n: f"Merchant {n}")
    book = Book.LIVE


class TwinFactory(MerchantFactory):
    """A sandbox twin of a live merchant."""

    class Meta:
        model = Merchant

    book = Book.SANDBOX
    twin_of = factory.SubFactory(MerchantFactory)


class MemberFactory(DjangoModelFactory[Member]):
    """An owner, unless another role is asked for."""

    class Meta:
        model = Member

    merchant = factory.SubFactory(MerchantFactory)
    user = factory.SubFactory(UserFactory)
    role = Role.OWNER


class StoreFactory(DjangoModelFactory[Store]):
    """An open store of the merchant's book."""

    class Meta:
        model = Store

    merchant = factory.SubFactory(MerchantFactory)
    book = factory.SelfAttribute("merchant.book")
    slug = factory.LazyAttributeSequence(
        lambda store, n: f"store-{n}" + ("-test" if store.book == Book.SANDBOX else "")
    )
    name_zh = factory.Sequence(lambda n: f"商店{n}")
    name_en = factory.Sequence(lambda n: f"Store {n}")


class ProductFactory(DjangoModelFactory[Product]):
    """A live product at 10.00 yuan."""

    class Meta:
        model = Product

    store = factory.SubFactory(StoreFactory)
    merchant = factory.SelfAttribute("store.merchant")
    slug = factory.Sequence(lambda n: f"product-{n}")
    name_zh = factory.Sequence(lambda n: f"商品{n}")
    name_en = factory.Sequence(lambda n: f"Product {n}")
    currency = "CNY"
    price = 1000
    status = ProductStatus.LIVE


class PriceTierFactory(DjangoModelFactory[PriceTier]):
    """From ten on, 9.00 each."""

    class Meta:
        model = PriceTier

    product = factory.SubFactory(ProductFactory)
    from_quantity = 10
    unit_price = 900


class StockBatchFactory(DjangoModelFactory[StockBatch]):
    """A finished import."""

    class Meta:
        model = StockBatch

    product = factory.SubFactory(ProductFactory)
    merchant = factory.SelfAttribute("product.merchant")
    source = BatchSource.PASTE
    state = BatchState.IMPORTED


def stocked(product: Product, keys: Sequence[str] | int) -> list[StockItem]:
    """Put keys on the product's shelf, in this order; a number makes that many."""
    if isinstance(keys, int):
        keys = [f"KEY-{ids.new().hex}" for _ in range(keys)]
    batch = StockBatchFactory.create(product=product, lines=len(keys), imported=len(keys))
    sealer = vault.sealer(product.merchant_id, context=CONTEXT)
    rows = [(ids.new(), key.encode()) for key in keys]
    return StockItem.objects.bulk_create(
        StockItem(
            id=row,
            merchant_id=product.merchant_id,
            product=product,
            batch=batch,
            sealed=sealer.seal(key, row=row),
            fingerprint=sealer.fingerprint(key),
        )
        for row, key in rows
    )


def sellable(keys: int = 5, **fields: Any) -> Product:
    """A live product with keys in stock."""
    product = ProductFactory.create(**fields)
    stocked(product, keys)
    return product
