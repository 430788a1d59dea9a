"""Any history of memberships: each period is charged once and granted once, and the books are right."""

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from tests.journeys.card_house import card_house
from tests.journeys.club import Around
from tests.journeys.doomed import doomed
from tests.journeys.history import run
from tests.journeys.memberships import Memberships

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def memberships(settings, database_url) -> Iterator[type[Memberships]]:
    """The machine, with a card house and somebody who dies."""
    with card_house() as house:
        host = urlsplit(house.url).netloc
        settings.KEYWAY_OUTGOING_ALLOW = (host,)
        with doomed({"DATABASE_URL": database_url, "OUTGOING_ALLOW": host}) as ready:
            Memberships.around = Around(house, ready)
            yield Memberships


def test_any_history_of_memberships_leaves_the_books_right(memberships):
    run(memberships, histories=5, steps=18)


@pytest.mark.long
def test_many_long_histories_of_memberships_leave_the_books_right(memberships):
    run(memberships, histories=100, steps=50)
