"""The bank rail against the sandbox's bank, over real HTTP, and against answers that prove nothing."""

from dataclasses import replace
from urllib.parse import urlsplit
from uuid import uuid4

import pytest

from kernel.money import Money
from payments.channels.bank import Bank
from payments.sandbox.bank import clients
from payments.sandbox.models import BankClient
from settlement.errors import RailRefused
from settlement.rails import Connection, TransferAsk
from tests.payments.sandbox.conftest import ROLE_MIDDLEWARE
from web import transport

RAIL = Bank(transport.Limits(connect=2, read=2, total=3))


@pytest.fixture
def account(settings, live_server) -> Connection:
    settings.ROOT_URLCONF, settings.MIDDLEWARE = "keyway.urls.sandbox", ROLE_MIDDLEWARE
    settings.KEYWAY_OUTGOING_ALLOW = (urlsplit(live_server.url).netloc,)
    # A client of its own: the bank remembers what another test has sent.
    name = uuid4().hex
    secret = clients.register(name, "Keyway")
    BankClient.objects.update(silence_seconds=0)
    return Connection(uuid4(), "bank", f"{live_server.url}/bank", {"client": name}, {"secret": secret})


def ask(digits: str = "0001", number: str = "po_1") -> TransferAsk:
    return TransferAsk(number, Money(12_345, "CNY"), "晨光数码", "工商银行", f"622200000000{digits}")


@pytest.mark.parametrize(
    ("digits", "sent", "asked"),
    [
        ("0001", ("paid", ""), "paid"),
        ("0003", ("failed", "name_mismatch"), "failed"),
        ("0005", ("unknown", "unsigned:504"), "paid"),
        ("0006", ("unknown", "unsigned:504"), "absent"),
        ("0007", ("unknown", "unsigned:200"), "paid"),
        ("0009", ("accepted", ""), "accepted"),
    ],
)
def test_what_the_bank_says_is_heard_and_what_proves_nothing_is_unknown(account, digits, sent, asked):
    answer = RAIL.transfer(account, ask(digits))
    assert (answer.state, answer.code) == sent
    assert RAIL.query(account, "po_1").state == asked


def test_the_bank_names_the_amount(account):
    assert RAIL.transfer(account, ask()).amount == Money(12_345, "CNY")


def test_a_number_with_other_content_is_unknown_and_no_failure(account):
    RAIL.transfer(account, ask())
    answer = RAIL.transfer(account, replace(ask(), amount=Money(1, "CNY")))
    assert (answer.state, answer.code) == ("unknown", "conflict")


def test_a_secret_that_is_not_the_banks_hears_nothing(account):
    stranger = replace(account, secrets={"secret": "x" * 32})
    assert RAIL.transfer(stranger, ask()).code == "unsigned:401"
    assert RAIL.query(account, "po_1").state == "absent"


@pytest.mark.parametrize(
    "changes",
    [{"settings": {}}, {"secrets": {"secret": "short"}}, {"gateway": "ftp://bank.example"}],
)
def test_a_connection_that_cannot_work_is_refused(changes):
    whole = Connection(uuid4(), "bank", "https://bank.example", {"client": "k"}, {"secret": "x" * 32})
    with pytest.raises(RailRefused):
        Bank().check(replace(whole, **changes))


def test_an_unreachable_bank_leaves_the_outcome_unknown(settings):
    settings.KEYWAY_OUTGOING_ALLOW = ("127.0.0.1:9",)
    nowhere = Connection(uuid4(), "bank", "http://127.0.0.1:9", {"client": "k"}, {"secret": "x" * 32})
    assert RAIL.transfer(nowhere, ask()).state == "unknown"
