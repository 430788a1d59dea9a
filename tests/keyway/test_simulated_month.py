"""The month on record: the auditor has nothing to say, and it is not played beside a running server.

Apart from the sums, whose month lies in one open transaction: there the auditor has no snapshot of its own.
"""

import io

import psycopg
import pytest
from django.core.management import CommandError, call_command

from ledger.auditor import audit, invariants
from merchants.models import Merchant
from tests.factories.months import play

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_auditor_has_nothing_to_say():
    play(40, seed=2)
    assert [finding.invariant.code for finding in audit(list(invariants())) if not finding.holds] == []


def test_a_month_is_not_played_while_keyway_runs_on_the_database(database_url):
    with (
        psycopg.connect(database_url, application_name="keyway-web"),
        pytest.raises(CommandError, match=r"^Keyway runs on this database.*stop script/server"),
    ):
        call_command("simulate_month", sales=1)
    assert not Merchant.objects.exists()


@pytest.mark.long
def test_a_whole_month_of_two_thousand_sales_ends_with_a_clean_auditor():
    said = io.StringIO()
    call_command("simulate_month", stdout=said)
    assert "2000 sales" in said.getvalue()
    assert "every invariant holds" in said.getvalue()
