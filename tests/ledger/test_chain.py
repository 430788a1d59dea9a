"""The chain of hashes behind the commit."""

from threading import Event

import pytest
from django.db import connection, transaction

from ledger import auditor, chain, posting, tasks
from ledger.invariants import INVARIANTS
from ledger.models import Link, Transaction
from tests.factories.ledger import key, sold
from tests.ledger import raw
from tests.ledger.threads import together

pytestmark = pytest.mark.django_db(transaction=True)


def sell(count=1):
    with transaction.atomic():
        return posting.post_many([sold(key(), 5) for _ in range(count)])


def link(limit=1_000):
    """Extend the chain; tests that run beside this one on the same server hold it back for a moment."""
    raw.wait_for_the_horizon()
    return chain.extend(limit)


def broken():
    return {finding.invariant.code for finding in auditor.audit(INVARIANTS) if not finding.holds}


def alter(sql):
    """What a database administrator can do."""
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(sql)
        cursor.execute("SET session_replication_role = origin")


def test_every_committed_transaction_is_linked_once():
    sell(3)
    assert link() == 3
    assert link() == 0
    assert set(Link.objects.values_list("transaction_id", flat=True)) == set(
        Transaction.objects.values_list("id", flat=True)
    )


def test_links_are_numbered_from_one_without_a_gap():
    sell(2)
    link()
    sell(3)
    link()
    assert list(Link.objects.order_by("number").values_list("number", flat=True)) == [1, 2, 3, 4, 5]


def test_a_long_chain_is_extended_in_pieces():
    sell(5)
    assert [link(2) for _ in range(4)] == [2, 2, 1, 0]
    assert broken() == set()


def test_the_head_changes_with_every_link():
    heads = [chain.head()]
    for _ in range(3):
        sell()
        link()
        heads.append(chain.head())
    assert heads[0] is None
    assert [head[0] for head in heads[1:]] == [1, 2, 3]
    assert len(set(heads)) == 4


def test_what_is_not_committed_is_not_linked():
    posted, looked = Event(), Event()

    def slow():
        with transaction.atomic():
            posting.post(sold(key(), 5))
            posted.set()
            assert looked.wait(30)

    def look():
        assert posted.wait(30)
        linked = chain.extend()
        looked.set()
        return linked

    assert together([slow, look]) == [None, 0]
    assert link() == 1


def test_nothing_is_linked_ahead_of_an_older_transaction_that_may_yet_commit():
    """A cursor over ids or times would leave the slow one out for ever."""
    posted, looked = Event(), Event()

    def slow():
        with transaction.atomic():
            posting.post(sold(key(), 5))
            posted.set()
            assert looked.wait(30)

    def quick():
        assert posted.wait(30)
        sell(2)
        linked = chain.extend()
        looked.set()
        return linked

    assert together([slow, quick]) == [None, 0]
    assert link() == 3
    assert broken() == set()


def test_one_chainer_works_at_a_time():
    sell(20)
    raw.wait_for_the_horizon()
    assert sum(together([chain.extend] * 4)) == 20
    assert broken() == set()


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE ledger_entry SET amount = amount * 2",
        "UPDATE ledger_entry SET available_at = available_at - interval '1 day'",
        "UPDATE ledger_transaction SET reference = reference || '!'",
        'UPDATE ledger_transaction SET facts = \'{"order": "ord_other"}\'',
        "UPDATE ledger_transaction SET actor_kind = 'operator'",
        "DELETE FROM ledger_entry",
    ],
)
def test_a_row_that_was_altered_is_found(sql):
    sell(2)
    link()
    assert broken() == set()
    alter(sql)
    assert "ledger.chain_true" in broken()


def test_a_link_that_was_taken_out_is_found():
    sell(3)
    link()
    alter("DELETE FROM ledger_link WHERE number = 2")
    assert "ledger.chain_whole" in broken()


def test_a_transaction_that_was_left_out_is_found():
    first = sell()
    sell()
    link()
    alter(f"DELETE FROM ledger_link WHERE transaction_id = '{first[0]}'; UPDATE ledger_link SET number = 1")
    assert "ledger.chain_whole" in broken()


def test_rows_that_were_restored_from_another_cluster_are_linked_and_new_ones_after_them():
    sell(2)
    link()
    sell(2)
    alter("UPDATE ledger_transaction SET xid = (xid::text::bigint + 1000000)::text::xid8")
    alter("DELETE FROM ledger_link WHERE number > 2")
    assert link() == 2
    sell(1)
    assert link() == 1
    sell(2)
    assert link() == 2
    assert Link.objects.count() == 7
    assert "ledger.chain_whole" not in broken()


def test_the_task_links_everything_that_waits():
    sell(5)
    raw.wait_for_the_horizon()
    assert tasks.extend_chain() == 5
    assert tasks.extend_chain() == 0


def test_the_hash_does_not_depend_on_the_session():
    sell(1)
    link()
    raw.run("SET TIME ZONE 'Asia/Shanghai'; SET DateStyle = 'German'; SET extra_float_digits = 0")
    assert broken() == set()
