"""The merchant's pages of settlement: figures, files, and what may be done there."""

import csv
import io
import time
from datetime import timedelta

import pytest
from allauth.account.internal.flows.login import AUTHENTICATION_METHODS_SESSION_KEY
from django.urls import reverse

from merchants.roles import Role
from settlement.models import BankAccount, Payout
from settlement.services import statements
from tests.factories import settlement as make
from tests.factories.merchants import MemberFactory
from tests.merchants.people import signed_in

pytestmark = pytest.mark.django_db


class Counter:
    """A merchant with money, and its finance clerk at the desk."""

    def __init__(self, role: Role = Role.OWNER) -> None:
        self.merchant = make.merchant()
        self.member = MemberFactory.create(merchant=self.merchant, role=role)
        self.client = signed_in(self.member.user)
        self.client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"

    def get(self, name: str, *args: str, query: str = ""):
        return self.client.get(self.address(name, *args) + query)

    def post(self, name: str, *args: str, **typed: str):
        return self.client.post(self.address(name, *args), typed)

    def address(self, name: str, *args: str) -> str:
        return reverse(f"settlement:{name}", args=[self.merchant.key, *args])

    def prove(self) -> None:
        """Show a code again, as the page asks for it."""
        session = self.client.session
        session[AUTHENTICATION_METHODS_SESSION_KEY] = [
            {"method": "mfa", "type": "totp", "at": time.time(), "reauthenticated": True}
        ]
        session.save()

    def add(self, number: str = "6222000000000001"):
        return self.post("bank-accounts", currency="CNY", holder="晨光数码", bank="工商银行", number=number)


@pytest.fixture
def counter() -> Counter:
    return Counter()


def test_a_merchant_without_money_reads_that_there_is_no_statement(counter):
    assert "No settlement yet" in counter.get("statements").content.decode()


def test_a_statement_shows_its_closing_balance_and_leads_to_its_payout(counter):
    payout = make.drafted(counter.merchant, 12_345)
    page = counter.get("statement", payout.statement.key).content.decode()
    assert "123.45" in page
    assert counter.address("payout", payout.request_no) in page


def test_a_row_of_the_list_adds_up(counter):
    make.drafted(counter.merchant, 12_345)
    make.sale(counter.merchant, 100, fee=7, at=make.PERIOD_END)
    make.settled(counter.merchant, make.PERIOD_END + timedelta(days=1))
    (row, shown), _ = counter.get("statements").context["rows"]
    parts = ("opening", "sales", "refunds", "fees", "others", "payouts")
    assert row.opening == 12_345
    assert sum(shown[name].amount for name in parts) == shown["closing"].amount == 93


def test_a_balance_that_was_carried_forward_says_why(counter):
    make.sale(counter.merchant, 500)
    statement = make.settled(counter.merchant)
    page = counter.get("statement", statement.key).content.decode()
    assert "there was no confirmed bank account" in page


def test_lines_are_read_in_pages_without_gap_or_repeat(counter):
    for amount in (100, 200, 300):
        make.sale(counter.merchant, amount)
    statement = make.settled(counter.merchant)
    seen, after = [], ""
    while True:
        lines, after = statements.page(statement, after=after, count=2)
        seen += [line.amount.amount for line in lines]
        if not after:
            break
    assert sorted(seen) == [100, 200, 300]


def test_the_csv_holds_every_line_in_the_readers_language(counter):
    make.sale(counter.merchant, 700, fee=7)
    statement = make.settled(counter.merchant)
    answer = counter.get("statement-csv", statement.key)
    rows = list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))
    assert ["Closing balance", "6.93", "CNY"] in rows
    assert {row[7] for row in rows[-2:]} == {"7.00", "-0.07"}


def test_the_workbook_is_a_download_with_the_statements_name(counter):
    make.sale(counter.merchant, 700)
    statement = make.settled(counter.merchant)
    answer = counter.get("statement-xlsx", statement.key)
    assert f"statement-{statement.title}" in answer.headers["Content-Disposition"]


def test_a_payout_is_called_off_with_a_reason_and_the_money_is_back(counter):
    payout = make.drafted(counter.merchant)
    counter.post("payout-cancel", payout.request_no, reason="Wrong account.")
    assert Payout.objects.get().state == "cancelled"
    assert make.available(counter.merchant) == payout.amount


def test_without_a_reason_a_payout_goes_on(counter):
    payout = make.drafted(counter.merchant)
    assert counter.post("payout-cancel", payout.request_no).status_code == 200
    assert Payout.objects.get().state == "drafted"


def test_a_carried_balance_is_paid_out_on_demand(counter):
    make.sale(counter.merchant, 900)
    statement = make.settled(counter.merchant)
    make.bank_account(counter.merchant)
    counter.post("draft", statement.key)
    payout = Payout.objects.get()
    assert (payout.amount, payout.maker_id) == (900, counter.member.user_id)


def test_who_adds_a_bank_account_is_asked_who_they_are_first(counter):
    answer = counter.add()
    assert answer.headers["Location"].startswith(reverse("mfa_reauthenticate"))
    assert not BankAccount.objects.exists()


def test_an_added_account_waits_for_an_operator(counter):
    counter.prove()
    counter.add()
    account = BankAccount.objects.get()
    assert (account.state, account.changed_by_id) == ("pending", counter.member.user_id)


def test_an_account_is_used_no_more_when_the_merchant_says_why(counter):
    account = make.bank_account(counter.merchant)
    counter.post("bank-account-retire", account.key, reason="Closed.")
    assert BankAccount.objects.get().state == "retired"


def test_a_bank_account_shows_only_its_last_four_digits(counter):
    make.bank_account(counter.merchant, number="6222000000004321")
    page = counter.get("bank-accounts").content.decode()
    assert "4321" in page
    assert "6222000000004321" not in page


def test_a_bad_account_number_is_said_beside_the_form(counter):
    counter.prove()
    assert "6 to 34 digits" in counter.add("12").content.decode()
    assert not BankAccount.objects.exists()


def test_finance_may_not_change_where_the_money_goes():
    counter = Counter(Role.FINANCE)
    assert counter.get("bank-accounts").status_code == 403
