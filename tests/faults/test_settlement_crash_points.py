"""`kill -9` at each named point of settlement: after the restart there is one statement and one payout.

Worker, sandbox and broker are real processes; the worker dies inside of the task that reaches the point. What
beat asks for again is ordered by the test instead of waited for.
"""

from io import StringIO

import pytest
from django.core.management import call_command

from kernel import clock
from kernel.actors import SYSTEM
from kernel.books import Book
from ledger.models import Close
from merchants.models import Merchant
from payments.sandbox.bank import clients
from payments.sandbox.models import BankTransfer
from settlement.crash_points import CRASH_POINTS
from settlement.models import Payout, Statement
from settlement.services import cycles, rail_accounts
from tests.factories import settlement as make
from tests.faults.house import House
from tests.processes import until

SETTLING = {
    # What is there after the death: closes, statements, payouts.
    "settlement.after_close": (1, 0, 0),
    "settlement.after_statement": (1, 1, 0),
    "payout.after_reserve": (1, 1, 0),
}
SENDING = ["payout.after_rail"]
SETTLE, MOVE = "settlement.tasks.settle", "settlement.tasks.move_payouts"


@pytest.fixture(scope="module")
def connected(house: House) -> None:
    """The house's worker finds the bank at the sandbox."""
    rail_accounts.register(
        Book.LIVE,
        "bank",
        label="Bank",
        gateway=f"{house.sandbox_url}/bank",
        settings={"client": "house"},
        secrets={"secret": clients.register("house", "House")},
        actor=SYSTEM,
    )


@pytest.fixture
def merchant(connected: None) -> Merchant:
    """A merchant with money that a period that is over has brought."""
    merchant = make.merchant()
    make.bank_account(merchant)
    make.sale(merchant, 10_000, fee=100)
    return merchant


def there_is(merchant: Merchant) -> tuple[int, int, int]:
    """How many closes, statements and payouts a merchant has."""
    closed = Close.objects.filter(account__owner_id=merchant.pk, account__purpose="merchant").count()
    return (
        closed,
        Statement.objects.filter(merchant=merchant).count(),
        Payout.objects.filter(merchant=merchant).count(),
    )


def prove_sound() -> None:
    """The auditor finds nothing; the sales here came without a payment, so that of the sale is not asked."""
    said = StringIO()
    try:
        for prefix in ("settlement", "ledger"):
            call_command("audit_ledger", only=prefix, stdout=said)
    except SystemExit:
        raise AssertionError(said.getvalue()) from None


def test_every_point_has_its_test():
    assert sorted([*SETTLING, *SENDING]) == sorted(CRASH_POINTS)


@pytest.mark.parametrize("point", SETTLING)
def test_a_settlement_that_dies_is_finished_by_the_next_worker(house: House, merchant: Merchant, point: str):
    house.arm("worker", point)
    house.work(SETTLE)
    house.mend("worker")
    assert there_is(merchant) == SETTLING[point]
    assert make.available(merchant) == 9_900
    house.work(SETTLE)
    until(lambda: there_is(merchant)[2] == 1, lambda: there_is(merchant))
    cycles.sweep(10)  # once more, and nothing is left to be done
    payout = Payout.objects.get(merchant=merchant)
    assert (there_is(merchant), payout.amount) == ((1, 1, 1), 9_900)
    assert make.available(merchant) == 0
    prove_sound()


@pytest.mark.parametrize("point", SENDING)
def test_a_payout_whose_sender_dies_is_found_at_the_bank_and_not_sent_again(
    house: House, merchant: Merchant, point: str
):
    payout = make.approved(make.settled(merchant).payout)
    house.arm("worker", point)
    house.work(MOVE)
    house.mend("worker")
    payout.refresh_from_db()
    assert (payout.state, BankTransfer.objects.get(request_no=payout.request_no).state) == ("sent", "paid")
    Payout.objects.filter(pk=payout.pk).update(next_query_at=clock.now())
    house.work(MOVE)
    until(lambda: Payout.objects.get(pk=payout.pk).state == "paid", lambda: vars(payout))
    assert BankTransfer.objects.filter(number__endswith="0001").count() == 1
    prove_sound()
