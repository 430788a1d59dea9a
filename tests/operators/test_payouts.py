"""Payouts in the back office: two people with a code each, nobody twice, and every deed in the trail."""

import html
from datetime import timedelta

import pytest
from django.urls import reverse

from audit.models import AuditRow
from kernel import clock
from kernel.actors import SYSTEM
from merchants.models import User
from merchants.sign_in import factors
from settlement.models import BankAccount, Payout, Schedule
from settlement.services import bank_accounts, payouts
from tests.factories import settlement as make
from tests.factories.merchants import UserFactory
from tests.merchants.people import signed_in

pytestmark = pytest.mark.django_db
WHY = "the documents fit"


def person() -> User:
    return UserFactory.create(is_staff=True, is_superuser=True)


def do(user: User, deed: str, *args: object, **typed: object):
    client = signed_in(user)
    client.cookies["lang"] = "en"
    return client.post(
        reverse(f"admin:settlement_{deed}", args=args), {"reason": WHY, "_form_submitted": "true", **typed}
    )


def approve(user: User, payout: Payout, code: str | None = None):
    signed_in(user)  # gives the person an authenticator
    return do(user, "payout_approve", payout.pk, code=code or factors.code_now(user))


def told(answer) -> str:
    return html.unescape(answer.content.decode())


def test_two_operators_approve_and_the_trail_names_both():
    payout, one, two = make.drafted(), person(), person()
    approve(one, payout)
    approve(two, payout)
    assert Payout.objects.get().state == "approved"
    approvers = AuditRow.objects.filter(subject_id=payout.pk, reason=WHY).order_by("id")
    assert [row.actor_id for row in approvers] == [one.pk, two.pk]


def test_one_operator_cannot_approve_twice():
    payout, one = make.drafted(), person()
    approve(one, payout)
    code = factors.code_now(one)
    answer = approve(one, payout, code)
    assert Payout.objects.get().state == "first_approved"
    assert "not right, or was used already" in told(answer) or "cannot approve it again" in told(answer)


def test_a_wrong_code_approves_nothing():
    payout = make.drafted()
    answer = approve(person(), payout, "000000")
    assert "This code is not right" in told(answer)
    assert Payout.objects.get().state == "drafted"


def test_a_wrong_code_is_said_at_the_code():
    page = told(approve(person(), make.drafted(), "000000"))
    assert page.index('name="code"') < page.index("This code is not right") < page.index('name="reason"')


def test_a_code_counts_once():
    first, second, one = make.drafted(), make.drafted(make.merchant()), person()
    signed_in(one)
    code = factors.code_now(one)
    approve(one, first, code)
    assert "used already" in told(approve(one, second, code))


def test_after_five_wrong_codes_the_right_one_waits():
    payout, one = make.drafted(), person()
    for _ in range(5):
        approve(one, payout, "000000")
    assert "too often" in told(approve(one, payout))
    assert Payout.objects.get().state == "drafted"


def test_who_drafted_it_cannot_approve_it():
    merchant, one = make.merchant(), person()
    make.sale(merchant, 500)
    statement = make.settled(merchant)
    make.bank_account(merchant)
    do(one, "statement_draft", statement.pk)
    payout = Payout.objects.get()
    assert payout.maker_id == one.pk
    assert "cannot approve it again" in told(approve(one, payout))


def test_a_lapsed_approval_is_said_and_the_next_is_the_first_again():
    one = person()
    with clock.telling(clock.now() - timedelta(hours=73)):
        payout = make.drafted()
        payouts.approve(payout, make.operator(), make.proof(), WHY)
    client = signed_in(one)
    client.cookies["lang"] = "en"
    shown = client.get(reverse("admin:settlement_payout_change", args=[payout.pk]))
    assert "Lapsed after 72 hours" in told(shown)
    assert "0/2 · lapsed" in told(client.get(reverse("admin:settlement_payout_changelist")))
    approve(one, payout)
    assert Payout.objects.get().first_approved_by_id == one.pk
    assert Payout.objects.get().state == "first_approved"


def test_a_refused_payout_gives_the_money_back():
    payout = make.drafted()
    do(person(), "payout_reject", payout.pk)
    assert Payout.objects.get().state == "rejected"
    assert make.available(payout.merchant) == payout.amount


def test_a_bank_account_is_confirmed():
    merchant = make.merchant()
    account = bank_accounts.add(
        merchant, "CNY", holder="晨光数码", bank="工商银行", number="6222000000000001", actor=SYSTEM
    )
    do(person(), "bankaccount_confirm", account.pk)
    assert BankAccount.objects.get().state == "active"


def test_a_schedule_is_changed_with_a_reason():
    merchant = make.merchant()
    do(
        person(),
        "schedule_change_terms",
        merchant_id=merchant.key,
        cycle="weekly",
        weekday="2",
        minimum="CNY 100",
    )
    schedule = Schedule.objects.get()
    assert (schedule.cycle, schedule.weekday, schedule.minimum) == ("weekly", 2, {"CNY": 10_000})
    assert AuditRow.objects.get(action="schedule.changed").reason == WHY


def test_who_may_only_look_approves_nothing(auditor):
    payout = make.drafted()
    address = reverse("admin:settlement_payout_approve", args=[payout.pk])
    assert (
        auditor.post(address, {"reason": WHY, "code": "123456", "_form_submitted": "true"}).status_code == 403
    )


@pytest.mark.parametrize("model", ["payout", "statement", "bankaccount", "schedule"])
def test_the_lists_and_pages_open(desk, model):
    payout = make.drafted()
    rows = {"payout": payout, "statement": payout.statement, "bankaccount": payout.bank_account}
    assert desk.get(reverse(f"admin:settlement_{model}_changelist")).status_code == 200
    if model in rows:
        page = desk.get(reverse(f"admin:settlement_{model}_change", args=[rows[model].pk]))
        assert page.status_code == 200
        assert "6222000000000001" not in page.content.decode()
