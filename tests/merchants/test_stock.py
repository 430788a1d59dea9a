"""Keys on their way to an order."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from kernel import clock, ids
from merchants import queries
from merchants.errors import OutOfStock, SoldOut
from merchants.models import Product, StockItem
from merchants.services import stock
from merchants.states import StockState
from tests.factories.merchants import ProductFactory, sellable, stocked

SOON = timedelta(minutes=15)


def states(product: Product) -> list[str]:
    return list(StockItem.objects.filter(product=product).order_by("id").values_list("state", flat=True))


def reserve(product: Product, quantity: int, order_id: UUID | None = None) -> UUID:
    order_id = order_id or ids.new()
    stock.reserve(product.id, quantity, order_id, clock.now() + SOON)
    return order_id


@pytest.mark.django_db
def commands_that_wrote(order_ids):
    """How many commands of the transaction wrote the keys of these orders, as the rows themselves say."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(DISTINCT (xmin::text, cmin::text)) FROM merchants_stockitem"
            " WHERE order_id = ANY(%s)",
            [order_ids],
        )
        return cursor.fetchone()[0]


class TestReserving:
    def test_the_oldest_keys_go_first(self):
        product = ProductFactory.create()
        first, second, _ = stocked(product, 3)
        assert set(stock.reserve(product.id, 2, ids.new(), clock.now() + SOON)) == {first.id, second.id}

    def test_places_are_counted_without_a_gap(self):
        product = sellable(5)
        order_id = reserve(product, 4)
        places = StockItem.objects.filter(order_id=order_id).order_by("id").values_list("ordinal", flat=True)
        assert list(places) == [1, 2, 3, 4]

    def test_where_none_is_left_the_refusal_says_sold_out(self):
        with pytest.raises(SoldOut):
            reserve(sellable(0), 1)

    def test_too_few_keys_are_refused_with_what_is_left(self):
        product = sellable(2)
        with pytest.raises(OutOfStock) as refusal:
            reserve(product, 3)
        assert refusal.value.context == {"left": 2}

    def test_too_few_keys_are_not_taken(self):
        product = sellable(2)
        with pytest.raises(OutOfStock):
            reserve(product, 3)
        assert states(product) == ["available", "available"]

    def test_keys_of_another_product_are_not_taken(self):
        product = ProductFactory.create()
        sellable(5)
        with pytest.raises(OutOfStock):
            reserve(product, 1)

    def test_it_is_one_statement(self):
        product = sellable(3)
        order_id = reserve(product, 2)
        assert commands_that_wrote([order_id]) == 1

    def test_extending_moves_the_end_of_an_orders_keys(self):
        product = sellable(3)
        order_id, later = reserve(product, 2), clock.now() + timedelta(hours=1)
        assert stock.extend(order_id, later) == 2
        assert set(StockItem.objects.filter(order_id=order_id).values_list("reserved_until", flat=True)) == {
            later
        }

    def test_releasing_puts_only_that_orders_keys_back(self):
        product = sellable(4)
        mine, _ = reserve(product, 2), reserve(product, 2)
        assert stock.release([mine]) == 2
        assert sorted(states(product)) == ["available", "available", "reserved", "reserved"]

    def test_released_keys_can_be_reserved_by_the_same_order_again(self):
        product = sellable(2)
        order_id = reserve(product, 2)
        stock.release([order_id])
        reserve(product, 2, order_id)
        assert states(product) == ["reserved", "reserved"]


@pytest.mark.django_db
class TestDelivering:
    def test_each_order_gets_what_it_reserved(self):
        product = sellable(6)
        one, two = reserve(product, 1), reserve(product, 3)
        assert stock.deliver([one, two]) == {one: 1, two: 3}

    def test_many_orders_are_one_statement(self):
        product = sellable(6)
        orders = [reserve(product, 1) for _ in range(5)]
        assert commands_that_wrote(orders) == 5
        stock.deliver(orders)
        assert commands_that_wrote(orders) == 1

    def test_a_second_delivery_hands_over_nothing(self):
        product = sellable(2)
        order_id = reserve(product, 2)
        stock.deliver([order_id])
        assert stock.deliver([order_id]) == {}

    def test_delivered_keys_are_not_released(self):
        product = sellable(1)
        order_id = reserve(product, 1)
        stock.deliver([order_id])
        assert stock.release([order_id]) == 0

    def test_the_buyer_reads_the_keys_in_the_order_of_their_places(self):
        product = ProductFactory.create()
        stocked(product, ["AAA-1", "卡密-2", "CCC-3"])
        order_id = reserve(product, 3)
        stock.deliver([order_id])
        assert stock.reveal(order_id, merchant_id=product.merchant_id) == ["AAA-1", "卡密-2", "CCC-3"]

    def test_reserved_keys_cannot_be_read(self):
        product = sellable(1)
        order_id = reserve(product, 1)
        assert stock.reveal(order_id, merchant_id=product.merchant_id) == []

    def test_another_merchant_reads_nothing(self):
        product, other = sellable(1), ProductFactory.create()
        order_id = reserve(product, 1)
        stock.deliver([order_id])
        assert stock.reveal(order_id, merchant_id=other.merchant_id) == []


@pytest.mark.django_db
class TestCounting:
    def test_every_key_is_somewhere(self):
        product = sellable(10)
        reserve(product, 2)
        sold = reserve(product, 3)
        stock.deliver([sold])
        first = StockItem.objects.filter(product=product, state=StockState.AVAILABLE).first()
        StockItem.objects.filter(pk=first.pk).update(state=StockState.VOID)
        levels = queries.stock_levels([product.id])[product.id]
        assert (levels.available, levels.reserved, levels.delivered, levels.void) == (4, 2, 3, 1)

    def test_products_on_a_page_are_counted_together(self):
        shelf = [sellable(2), sellable(3), ProductFactory.create()]
        with CaptureQueriesContext(connection) as seen:
            counts = queries.stock_shown([product.id for product in shelf])
        assert (list(counts.values()), len(seen)) == ([2, 3, 0], 1)

    def test_a_page_seen_a_moment_ago_counts_nothing_again(self):
        product = sellable(2)
        queries.stock_shown([product.id])
        with CaptureQueriesContext(connection) as seen:
            queries.stock_shown([product.id])
        assert len(seen) == 0


@pytest.mark.django_db(transaction=True)
class TestRacing:
    def race(self, product: Product, buyers: int, quantity: int) -> list[Any]:
        barrier = threading.Barrier(buyers)

        def buy(_: int) -> int:
            barrier.wait()
            try:
                with transaction.atomic():
                    return len(stock.reserve(product.id, quantity, ids.new(), clock.now() + SOON))
            except OutOfStock:
                return 0
            finally:
                connection.close()

        with ThreadPoolExecutor(buyers) as pool:
            return list(pool.map(buy, range(buyers)))

    def test_no_key_is_sold_twice_and_none_is_left_behind(self):
        product = sellable(20)
        won = self.race(product, buyers=30, quantity=1)
        assert (sum(won), states(product)) == (20, ["reserved"] * 20)

    def test_a_loser_never_holds_a_part(self):
        product = sellable(10)
        won = self.race(product, buyers=8, quantity=3)
        assert set(won) <= {0, 3}
        assert states(product).count("reserved") == sum(won)
