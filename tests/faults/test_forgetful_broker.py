"""F11: the broker forgets everything in the middle of it all, again and again, and nothing is lost.

Orders, notices that never come, a refund, a settlement with its payout, and webhooks are under way; every
task that was queued is thrown away. What beat orders afterwards finds the work in the database. Beat is
played with its one connection, which it keeps over the broker's loss.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
import redis
from kombu import Connection

from kernel import clock
from kernel.actors import SYSTEM
from kernel.books import Book
from keyway import schedules
from keyway.celery import app
from ledger import balances
from merchants.models import Merchant
from outbox.models import Event
from payments.models import Order, Payment, Refund
from payments.sandbox.bank import clients
from payments.sandbox.models import BankTransfer
from payments.states import OPEN_ATTEMPTS, OPEN_REFUNDS
from settlement.models import Payout, Statement
from settlement.postings import merchant_account
from settlement.services import rail_accounts
from tests.factories import settlement as bank
from tests.factories import webhooks
from tests.faults.conftest import opened
from tests.faults.house import House
from tests.faults.people import Buyer, Wallet
from tests.faults.shops import Shop, let_clock_run, open_shop, prove_books
from tests.processes import until
from tests.webhooks.sink import Sink, receiving
from webhooks import topics
from webhooks.models import Delivery

KEYS = 8
HEARD = ["order.*", "refund.*", "payout.*"]
PUBLIC = [topic for topic in topics.public() if topic.startswith(("order.", "refund.", "payout."))]
TASKS = [each.task for each in schedules.TABLE if each.every and each.every <= timedelta(minutes=5)]


@dataclass(frozen=True)
class Beat:
    """Orders the periodic tasks over one connection, for ever."""

    connection: Connection
    broker: redis.Redis

    def strike(self) -> None:
        """Every task that is due within five minutes, once."""
        for task in TASKS:
            app.send_task(task, connection=self.connection)

    def strike_in_vain(self) -> None:
        """The same, and the broker loses all that it holds."""
        self.strike()
        assert sum(self.broker.llen(queue) for queue in app.amqp.queues), "Nothing was there to be lost."
        self.broker.flushall()

    def until(self, holds: Callable[[], bool], what: Callable[[], object]) -> None:
        """Strike whenever the worker has nothing left to do, until this holds."""

        def struck() -> bool:
            if not any(self.broker.llen(queue) for queue in app.amqp.queues):
                self.strike()
            return holds()

        until(struck, what)


@pytest.fixture(scope="module")
def sink() -> Iterator[Sink]:
    with receiving() as there:
        yield there


@pytest.fixture(scope="module")
def house(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: Any, sink: Sink
) -> Iterator[House]:
    """The house; it may reach the merchant's server."""
    with (
        django_db_blocker.unblock(),
        opened(tmp_path_factory.mktemp("house"), reach=(sink.pair,)) as running,
    ):
        rail_accounts.register(
            Book.SANDBOX,
            "bank",
            label="Bank",
            gateway=f"{running.sandbox_url}/bank",
            settings={"client": "house"},
            secrets={"secret": clients.register("house", "House")},
            actor=SYSTEM,
        )
        yield running


@contextmanager
def beating(house: House) -> Iterator[Beat]:
    with app.connection_for_write(house.broker_url) as line, redis.Redis.from_url(house.broker_url) as broker:
        yield Beat(line, broker)


@pytest.fixture
def merchant(house: House, settings: Any, sink: Sink) -> Merchant:
    """A twin that is settled, with an endpoint that hears of everything."""
    settings.KEYWAY_OUTGOING_ALLOW = (sink.pair,)
    twin = bank.merchant(Book.SANDBOX)
    bank.bank_account(twin)
    webhooks.endpoint_with_secret(sink.url(), HEARD, merchant_id=twin.pk, book=Book.SANDBOX)
    return twin


@dataclass
class Buyers:
    """Those who buy one key each."""

    house: House
    shop: Shop

    def buy(self, *, told: bool) -> tuple[Buyer, str]:
        """One order, paid by one who comes back or one who closes the window; gives its address."""
        buyer, wallet = Buyer(self.house.web_url), Wallet(self.house.sandbox_url)
        buyer.open_form(self.shop.path, "alipay.page")
        address = buyer.order(self.shop.path)
        payment = Payment.objects.filter(merchant=self.shop.merchant).latest("pk")
        wallet.look(payment.action_value)
        wallet.pay(payment.reference, "pay" if told else "silence")
        return buyer, address

    def buy_twice(self) -> None:
        """One order, paid in silence and then by another method as well: the second one is surplus."""
        buyer, address = self.buy(told=False)
        buyer.pay_otherwise(address, "alipay.qr")
        second = Payment.objects.filter(merchant=self.shop.merchant).latest("pk")
        wallet = Wallet(self.house.sandbox_url)
        wallet.look(second.action_value)
        wallet.pay(second.reference, "silence")


def delivered(merchant: Merchant) -> int:
    return Order.objects.filter(merchant=merchant, fulfilment="delivered").count()


def coming(merchant: Merchant) -> int:
    """What the merchant has and will have, in fen."""
    key = merchant_account(merchant.pk, "CNY", Book.SANDBOX)
    return balances.of(key, at=clock.now() + timedelta(days=400)).available.amount


def at_rest(merchant: Merchant) -> dict[str, bool]:
    """What has come to its end."""
    events = Event.objects.filter(merchant_id=merchant.pk, topic__in=PUBLIC).count()
    told = Delivery.objects.filter(endpoint__merchant_id=merchant.pk, state="delivered").count()
    refunds = Refund.objects.filter(merchant=merchant)
    return {
        "payments": not Payment.objects.filter(merchant=merchant, state__in=OPEN_ATTEMPTS).exists(),
        "refunds": refunds.exists() and not refunds.filter(state__in=OPEN_REFUNDS).exists(),
        "payouts": set(Payout.objects.filter(merchant=merchant).values_list("state", flat=True)) == {"paid"},
        "webhooks": told == events > 0,
    }


def test_a_broker_that_forgets_everything_again_and_again_loses_nothing(
    house: House, merchant: Merchant, sink: Sink
):
    shop = open_shop(house, owner=merchant, keys=KEYS)
    buyers = Buyers(house, shop)
    for _ in range(3):
        buyers.buy(told=True)
    until(lambda: delivered(merchant) == 3, lambda: delivered(merchant))
    buyers.buy(told=False)
    buyers.buy_twice()
    let_clock_run(merchant, timedelta(days=6))
    with beating(house) as beat:
        beat.strike_in_vain()
        beat.until(lambda: Payout.objects.filter(merchant=merchant).exists(), lambda: vars(shop))
        beat.strike_in_vain()
        bank.approved(Payout.objects.get(merchant=merchant))
        shop.let_time_pass()
        beat.strike_in_vain()
        beat.until(lambda: all(at_rest(merchant).values()), lambda: at_rest(merchant))
    assert delivered(merchant) == 5
    assert shop.keys() == {"delivered": 5, "available": KEYS - 5}
    assert Refund.objects.get(merchant=merchant).state == "succeeded"
    payout = Payout.objects.get(merchant=merchant)
    assert Statement.objects.filter(merchant=merchant).count() == 1
    assert payout.amount + coming(merchant) == 5 * 964
    assert BankTransfer.objects.filter(request_no=payout.request_no).count() == 1
    told = Delivery.objects.filter(endpoint__merchant_id=merchant.pk)
    assert {one.headers["webhook-id"] for one in sink.heard} == {each.event_key for each in told}
    prove_books(shop)
