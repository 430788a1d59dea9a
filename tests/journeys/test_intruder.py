"""That each intrusion is refused by the rule that is meant for it, and not for how it is written."""

import pytest
from django.db import DatabaseError, connection, transaction

from kernel import clock, ids
from ledger import closes
from ledger.models import Account
from tests.factories import payments as make
from tests.journeys.intruder import INTRUSIONS

pytestmark = pytest.mark.django_db(transaction=True)

REFUSED_BY = {
    "add a balanced pair to an old transaction": "ledger_sealed",
    "post legs that do not balance": "ledger_balanced",
    "post a transaction without legs": "has no legs",
    "post legs twice": "ledger_one_insert",
    "post a reference again": "ledger_transaction_reference",
    "post into a closed period": "ledger_open_period",
    "spend what is not there": "lacks 100000000",
    "alter an amount": "append-only",
    "delete entries": "append-only",
    "begin the closes of an account again": "ledger_close_previous_once",
    "pay an order twice": "payment_applied_once",
    "say that more was refunded than came": "payment_refunds_within",
    "take back that money came": "money that came is a fact",
    "use one channel transaction twice": "payment_txn_once",
    "make a paid order unpaid": "an order moves only as its table allows",
    "lower a price": "what was agreed never changes",
    "sell a delivered key again": "a key moves only as its states allow",
    "give a delivered key to another": "a key moves only as its states allow",
    "deliver a key that nobody reserved": "a key moves only as its states allow",
    "store a notice twice": "notice_once",
    "write an audit row over": "append-only",
    "write an event over": "not rewritten",
}


def test_every_intrusion_has_its_rule():
    assert set(REFUSED_BY) == set(INTRUSIONS)


@pytest.mark.parametrize("what", sorted(REFUSED_BY))
def test_an_intrusion_is_refused_by_its_rule(what):
    shop = make.sandbox_shop()
    make.paid(shop)
    make.place(shop)
    closes.close(list(Account.objects.values_list("pk", flat=True)), clock.now())
    values = {"merchant": shop.merchant.pk, "account": shop.account.pk, "new": ids.new()}
    with pytest.raises(DatabaseError, match=REFUSED_BY[what]), transaction.atomic():
        for statement in INTRUSIONS[what].split(";"):
            with connection.cursor() as cursor:
                cursor.execute(statement, values)
