"""Any history of a sale: nothing is lost, nothing happens twice, and the books are right."""

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from kernel.actors import SYSTEM
from kernel.books import Book
from settlement import rails
from settlement.services import rail_accounts
from tests.factories.settlement import operator
from tests.journeys.doomed import doomed
from tests.journeys.floor import World
from tests.journeys.history import run
from tests.journeys.sale import Sale
from tests.journeys.teller import Teller
from tests.journeys.wallet import wallet

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def sale(settings, database_url) -> Iterator[type[Sale]]:
    """The machine, with a wallet and somebody who dies."""
    with wallet() as opened:
        host = urlsplit(opened.url).netloc
        settings.KEYWAY_OUTGOING_ALLOW = (host,)
        with doomed({"DATABASE_URL": database_url, "OUTGOING_ALLOW": host}) as ready:
            teller = Teller()
            rails.bind("teller", teller)
            rail_accounts.register(
                Book.SANDBOX,
                "teller",
                label="Teller",
                gateway="http://127.0.0.1:9/",
                settings={},
                secrets={},
                actor=SYSTEM,
            )
            Sale.world = World(opened, ready, teller, [operator(), operator()])
            yield Sale


def test_any_history_of_a_sale_leaves_the_books_right(sale):
    run(sale, histories=15, steps=30)


@pytest.mark.long
def test_many_long_histories_of_a_sale_leave_the_books_right(sale):
    run(sale, histories=200, steps=60)
