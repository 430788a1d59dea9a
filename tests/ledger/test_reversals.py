"""What is taken back is never more than what was posted."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from kernel import clock
from kernel.actors import SYSTEM
from kernel.books import Book
from ledger import accounts, balances, closes, posting, reversals
from ledger.errors import ReversalTooLarge
from ledger.legs import Leg
from ledger.models import Entry, Transaction
from ledger.purposes import Purpose
from tests.factories.ledger import PostingFactory, key, moved, sold
from tests.ledger import raw
from tests.ledger.threads import together

pytestmark = pytest.mark.django_db


def mirror(number, reference="back"):
    return reversals.whole(
        number, reference=f"{reference}:{number}", kind="test.reversed", occurred_at=clock.now(), actor=SYSTEM
    )


def test_a_whole_reversal_leaves_every_account_as_it_was():
    merchant = key()
    number = posting.post(sold(merchant, 1000, clock.now() + timedelta(days=1), fee=30))
    posting.post(mirror(number))
    assert balances.of(merchant) == balances.Balance(*[balances.of(key()).available] * 2)
    assert sum(Entry.objects.values_list("amount", flat=True)) == 0


def test_a_reversal_names_its_original_and_its_subject():
    number = posting.post(sold(key(), 1000))
    back = Transaction.objects.get(pk=posting.post(mirror(number)))
    original = Transaction.objects.get(pk=number)
    assert back.reverses == original
    assert back.subject_id == original.subject_id


def test_a_reversed_leg_counts_when_its_original_does():
    tomorrow = clock.now() + timedelta(days=1)
    number = posting.post(sold(key(), 1000, tomorrow))
    back = posting.post(mirror(number))
    leg = Entry.objects.get(transaction=back, account__purpose="merchant")
    assert leg.available_at == tomorrow


@pytest.mark.django_db(transaction=True)
def test_a_reversed_leg_whose_period_is_closed_counts_just_after_it():
    merchant, upto = key(), clock.now()
    with transaction.atomic():
        number = posting.post(sold(merchant, 1000, upto - timedelta(days=1)))
    closes.close(list(accounts.existing([merchant]).values()), upto)
    with transaction.atomic():
        back = posting.post(mirror(number))
    leg = Entry.objects.get(transaction=back, account__purpose="merchant")
    assert leg.available_at == upto + timedelta(microseconds=1)


def test_a_transaction_is_reversed_once():
    number = posting.post(sold(key(), 1000))
    posting.post(mirror(number))
    with pytest.raises(ReversalTooLarge), transaction.atomic():
        posting.post(mirror(number, "again"))
    assert Transaction.objects.count() == 2


def test_parts_may_be_taken_back_until_all_is():
    merchant = key()
    number = posting.post(sold(merchant, 1000))
    other = key(Purpose.REFUND_TRANSIT)
    posting.post(moved(merchant, other, 400, reverses=number))
    posting.post(moved(merchant, other, 600, reverses=number))
    with pytest.raises(ReversalTooLarge), transaction.atomic():
        posting.post(moved(merchant, other, 1, reverses=number))


def test_two_parts_in_one_batch_are_counted_together():
    merchant, other = key(), key(Purpose.REFUND_TRANSIT)
    number = posting.post(sold(merchant, 1000))
    with pytest.raises(ReversalTooLarge), transaction.atomic():
        posting.post_many([moved(merchant, other, 501, reverses=number) for _ in range(2)])


def test_another_currency_is_no_cover_for_a_reversal():
    number = posting.post(sold(key(), 1000))
    with pytest.raises(ReversalTooLarge), transaction.atomic():
        posting.post(moved(key(currency="USD"), key(currency="USD"), 1, reverses=number))


def test_what_was_put_back_can_be_taken_back_again():
    number = posting.post(sold(key(), 1000))
    refund = posting.post(mirror(number))
    posting.post(mirror(refund))
    posting.post(mirror(number, "second"))
    with pytest.raises(ReversalTooLarge), transaction.atomic():
        posting.post(mirror(number, "third"))


def test_a_reversal_of_a_reversal_is_the_end():
    number = posting.post(sold(key(), 1000))
    restored = posting.post(mirror(posting.post(mirror(number))))
    with pytest.raises(ReversalTooLarge), transaction.atomic():
        posting.post(mirror(restored))


def test_a_reversal_stays_in_its_book():
    number = posting.post(sold(key(), 1000))
    legs = [Leg(key(book=Book.SANDBOX), 5), Leg(key(book=Book.SANDBOX), -5)]
    with pytest.raises(ReversalTooLarge), transaction.atomic():
        posting.post(PostingFactory(legs=legs, book=Book.SANDBOX, reverses=number))


def test_the_database_refuses_too_large_a_reversal_whoever_writes_it():
    merchant = key()
    number = posting.post(sold(merchant, 1000))
    ids_of = list(accounts.numbers([merchant, key()]).values())
    with pytest.raises(IntegrityError) as refusal, transaction.atomic():
        raw.legs(raw.transaction(reverses_id=number), {ids_of[0]: 1001, ids_of[1]: -1001})
    assert raw.rule_of(refusal.value) == "ledger_reversal"


@pytest.mark.django_db(transaction=True)
def test_of_racing_reversals_one_passes():
    with transaction.atomic():
        number = posting.post(sold(key(), 1000))

    def reverse(reference):
        def job():
            with transaction.atomic():
                posting.post(mirror(number, reference))

        return job

    ended = together([reverse(f"race{place}") for place in range(4)])
    assert sum(one is None for one in ended) == 1
    assert sum(isinstance(one, ReversalTooLarge) for one in ended) == 3
