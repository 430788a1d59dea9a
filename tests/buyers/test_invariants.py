"""The auditor finds what the database's guards would have refused."""

from collections.abc import Callable

import pytest
from django.db import connection

from buyers import consents
from buyers.invariants import INVARIANTS
from buyers.models import Buyer, FormerEmail
from buyers.services import erasure
from kernel import clock, ids
from ledger import auditor
from tests.factories import buyers as make
from vault import keyrings

pytestmark = pytest.mark.django_db


def offences() -> list[str]:
    return [each.code for each in INVARIANTS if not auditor.check(each).holds]


def behind_the_guards(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET LOCAL session_replication_role = replica")
        cursor.execute(sql)


def _address_again(who: Buyer) -> None:
    FormerEmail.objects.create(buyer=who, email_key=b"x" * 16, until=clock.now())


def _keys_again(who: Buyer) -> None:
    keyrings.of(who.pk)


def _other_kind(who: Buyer) -> None:
    behind_the_guards("UPDATE buyers_consent SET kind = 'x'")


@pytest.fixture
def who() -> Buyer:
    consents.declare(consents.Kind("test.audited", 1, "Payment", "Words."))
    consents.agree(b"k" * 16, "test.audited", "en", {}, ("x", ids.new()), clock.now())
    buyer = make.buyer()
    erasure.erase(buyer)
    return buyer


def test_nothing_offends(who: Buyer):
    assert offences() == []


@pytest.mark.parametrize(
    ("harm", "code"),
    [
        (_address_again, "buyers.forgotten"),
        (_keys_again, "buyers.forgotten"),
        (_other_kind, "buyers.words"),
    ],
)
def test_what_is_broken_is_found(who: Buyer, harm: Callable[[Buyer], None], code: str):
    harm(who)
    assert offences() == [code]
