"""Reviews: a person ends them once, with a reason."""

import threading

import pytest
from django.db import IntegrityError, connections, transaction

from audit.models import AuditRow
from kernel import clock, ids
from kernel.actors import Actor, ActorKind
from kernel.books import Book
from ledger.auditor import check
from outbox.models import Event
from risk.errors import NotInReview, ReasonMissing
from risk.invariants import INVARIANTS
from risk.models import Decision, Limit, ListEntry
from risk.services import lists, reviews
from risk.services.assessment import assess
from risk.states import Disposition, Kind, Outcome, Review
from tests.factories.merchants import MerchantFactory
from tests.factories.risk import FactsFactory, LimitFactory

pytestmark = pytest.mark.django_db
OPERATOR = Actor(ActorKind.OPERATOR, ids.new())


def in_review():
    LimitFactory(most=0, outcome=Outcome.REVIEW)
    return Decision.objects.get(pk=assess(FactsFactory()).id)


@pytest.mark.parametrize(
    ("verb", "state"), [(reviews.release, Review.RELEASED), (reviews.reject, Review.REJECTED)]
)
class TestEnding:
    def test_the_decision_keeps_who_ended_it(self, verb, state):
        decision = verb(in_review().pk, actor=OPERATOR, reason="called the buyer")
        decision.refresh_from_db()
        assert (decision.review, decision.reviewed_by) == (state, OPERATOR.id)

    def test_it_is_recorded_with_the_reason(self, verb, state):
        decision = verb(in_review().pk, actor=OPERATOR, reason="called the buyer")
        assert AuditRow.objects.get(subject_id=decision.pk).reason == "called the buyer"

    def test_it_is_told_to_whom_it_concerns(self, verb, state):
        decision = verb(in_review().pk, actor=OPERATOR, reason="called the buyer")
        event = Event.objects.get(subject_id=decision.pk)
        assert (event.topic, event.payload["review"]) == (f"risk.review_{state}", state)

    def test_it_happens_once(self, verb, state):
        decision = verb(in_review().pk, actor=OPERATOR, reason="called the buyer")
        with pytest.raises(NotInReview):
            reviews.release(decision.pk, actor=OPERATOR, reason="again")

    def test_it_needs_a_reason(self, verb, state):
        with pytest.raises(ReasonMissing):
            verb(in_review().pk, actor=OPERATOR, reason=" ")


def test_an_allowed_order_is_not_in_review():
    with pytest.raises(NotInReview):
        reviews.release(assess(FactsFactory()).id, actor=OPERATOR, reason="why not")


def test_a_decision_of_nobody_is_not_in_review():
    with pytest.raises(NotInReview):
        reviews.reject(ids.new(), actor=OPERATOR, reason="why not")


def test_the_database_keeps_an_ended_review():
    decision = reviews.release(in_review().pk, actor=OPERATOR, reason="called the buyer")
    with pytest.raises(IntegrityError), transaction.atomic():
        Decision.objects.filter(pk=decision.pk).update(review=Review.REJECTED)


@pytest.mark.parametrize("invariant", INVARIANTS, ids=lambda invariant: invariant.code)
def test_an_invariant_holds_after_a_review(invariant):
    reviews.release(in_review().pk, actor=OPERATOR, reason="called the buyer")
    assert check(invariant).holds


def broken(code):
    return not check(next(invariant for invariant in INVARIANTS if invariant.code == code)).holds


def test_the_auditor_sees_a_decision_by_a_limit_of_the_other_book():
    in_review()
    Limit.objects.update(book=Book.SANDBOX)
    assert broken("risk.rules")


def test_the_auditor_sees_a_decision_by_an_entry_of_another_merchant():
    entry = lists.add(
        Kind.EMAIL, "a@example.com", Disposition.BLOCK, book=Book.LIVE, actor=OPERATOR, reason="stolen cards"
    )
    assess(FactsFactory(contact="a@example.com"))
    ListEntry.objects.filter(pk=entry.pk).update(merchant=MerchantFactory())
    assert broken("risk.entries")


def test_the_auditor_sees_a_decision_in_the_book_of_another():
    assess(FactsFactory(merchant_id=MerchantFactory().pk, book=Book.SANDBOX))
    assert broken("risk.book")


def test_the_auditor_sees_a_review_that_nobody_recorded():
    decision = in_review()
    Decision.objects.filter(pk=decision.pk).update(review=Review.RELEASED, reviewed_at=clock.now())
    assert broken("risk.reviews")


@pytest.mark.django_db(transaction=True)
def test_of_two_operators_at_once_one_ends_the_review():
    decision, start, found = in_review(), threading.Barrier(2), []

    def end(verb):
        start.wait()
        try:
            verb(decision.pk, actor=OPERATOR, reason="called the buyer")
            found.append("ended")
        except NotInReview:
            found.append("refused")
        connections.close_all()

    threads = [threading.Thread(target=end, args=[verb]) for verb in (reviews.release, reviews.reject)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == ["ended", "refused"]
