"""The tables of states of memberships, in the code and in the database."""

import pytest
from django.db import connection

from payments.subscriptions.states import INVOICE, MANDATE, PRICE_CHANGE, SUBSCRIPTION

pytestmark = pytest.mark.django_db

MACHINES = {
    "subscription": SUBSCRIPTION,
    "invoice": INVOICE,
    "mandate": MANDATE,
    "price_change": PRICE_CHANGE,
}
PAIRS = [
    (name, source, target)
    for name, machine in MACHINES.items()
    for source in type(machine.start)
    for target in type(machine.start)
]


def test_the_database_allows_what_the_tables_allow():
    said = {}
    with connection.cursor() as cursor:
        for name, source, target in PAIRS:
            cursor.execute(f"SELECT subscriptions_{name}_may(%s, %s)", [source, target])
            said[name, source, target] = cursor.fetchone()[0]
    assert said == {pair: MACHINES[pair[0]].allows(*pair[1:]) for pair in PAIRS}
