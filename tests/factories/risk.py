"""Limits, and orders that somebody wants to place."""

import factory
from factory.django import DjangoModelFactory

from kernel import ids
from kernel.books import Book
from kernel.money import Money
from risk.facts import Facts
from risk.models import Limit
from risk.states import Dimension, Outcome


class LimitFactory(DjangoModelFactory[Limit]):
    """At most three orders of one e-mail address in ten minutes, in the live book."""

    class Meta:
        model = Limit

    book = Book.LIVE
    dimension = Dimension.EMAIL
    seconds = 600
    most = 3
    outcome = Outcome.BLOCK


class FactsFactory(factory.Factory):
    """An order by somebody new, from a place of its own."""

    class Meta:
        model = Facts

    merchant_id = factory.LazyFunction(ids.new)
    book = Book.LIVE
    store_id = factory.LazyFunction(ids.new)
    product_id = factory.LazyFunction(ids.new)
    quantity = 1
    total = Money(1000, "CNY")
    method = "alipay.qr"
    contact = factory.Sequence(lambda n: f"buyer{n}@example.com")
    address = factory.Sequence(lambda n: f"203.0.{n // 250 % 250}.{n % 250}")
