"""What risk says of an order, and what it keeps of it."""

import threading
from datetime import timedelta

import psycopg
import pytest
import time_machine
from django.db import connection, connections

from kernel import clock, ids
from kernel.actors import SYSTEM
from kernel.books import Book
from risk.models import Decision
from risk.services import lists, policies
from risk.services.assessment import assess
from risk.states import Dimension, Disposition, Kind, Outcome
from tests.factories.merchants import MerchantFactory
from tests.factories.risk import FactsFactory, LimitFactory
from tests.statements import trips

pytestmark = pytest.mark.django_db


def outcomes(count, **facts):
    return [assess(FactsFactory(**facts)).outcome for _ in range(count)]


def entry(kind, value, disposition=Disposition.BLOCK, **changes):
    asked = {"book": Book.LIVE, "actor": SYSTEM, "reason": "stolen cards", **changes}
    return lists.add(kind, value, disposition, **asked)


class TestLimits:
    def test_an_order_that_meets_no_limit_is_allowed(self):
        decision = assess(FactsFactory())
        assert (decision.outcome, decision.reasons) == (Outcome.ALLOW, ())

    def test_the_order_above_a_limit_gets_its_outcome(self):
        LimitFactory(most=2, outcome=Outcome.REVIEW)
        assert outcomes(3, contact="a@example.com") == [Outcome.ALLOW, Outcome.ALLOW, Outcome.REVIEW]

    @pytest.mark.parametrize(
        ("dimension", "same"),
        [
            (Dimension.EMAIL, {"contact": "a@example.com"}),
            (Dimension.ADDRESS, {"address": "198.51.100.7"}),
            (Dimension.DEVICE, {"device": "0123456789abcdef"}),
            (Dimension.PRODUCT, {"product_id": ids.new()}),
            (Dimension.STORE, {"store_id": ids.new()}),
        ],
    )
    def test_a_limit_counts_by_its_dimension_and_nothing_else(self, dimension, same):
        LimitFactory(dimension=dimension, most=1)
        assert outcomes(2, **same) == [Outcome.ALLOW, Outcome.BLOCK]
        assert outcomes(2) == [Outcome.ALLOW, Outcome.ALLOW]

    def test_a_limit_of_zero_stops_every_order(self):
        LimitFactory(most=0)
        assert outcomes(1) == [Outcome.BLOCK]

    def test_an_order_without_a_device_is_not_counted_by_device(self):
        LimitFactory(dimension=Dimension.DEVICE, most=0)
        assert outcomes(1, device="") == [Outcome.ALLOW]

    def test_spelling_an_address_otherwise_makes_nobody_new(self):
        LimitFactory(most=1)
        assess(FactsFactory(contact="A@Example.com "))
        assert assess(FactsFactory(contact="a@example.com")).is_blocked

    def test_neighbours_in_one_ipv6_network_are_one(self):
        LimitFactory(dimension=Dimension.ADDRESS, most=1)
        assess(FactsFactory(address="2001:db8:1:2::1"))
        assert assess(FactsFactory(address="2001:db8:1:2:ffff::9")).is_blocked
        assert not assess(FactsFactory(address="2001:db8:1:3::1")).is_blocked

    @pytest.mark.parametrize(("ago", "outcome"), [(601, Outcome.ALLOW), (590, Outcome.BLOCK)])
    def test_an_order_counts_as_long_as_the_window_is(self, age_traces, ago, outcome):
        LimitFactory(most=1, seconds=600)
        assess(FactsFactory(contact="a@example.com"))
        age_traces(seconds=ago)
        assert assess(FactsFactory(contact="a@example.com")).outcome is outcome

    def test_an_order_that_was_refused_counts_as_well(self):
        LimitFactory(most=1)
        assert outcomes(4, contact="a@example.com")[1:] == [Outcome.BLOCK] * 3

    def test_the_gravest_limit_decides(self):
        LimitFactory(most=0, outcome=Outcome.REVIEW)
        LimitFactory(most=0, outcome=Outcome.BLOCK, dimension=Dimension.ADDRESS)
        decision = assess(FactsFactory())
        assert decision.outcome is Outcome.BLOCK
        assert {reason.code for reason in decision.reasons} == {"limit.email", "limit.address"}

    def test_a_limit_that_is_switched_off_does_not_count(self):
        LimitFactory(most=0, is_active=False)
        assert outcomes(1) == [Outcome.ALLOW]

    def test_a_merchants_limit_counts_that_merchant_alone(self):
        merchant = MerchantFactory()
        LimitFactory(merchant=merchant, most=1)
        mine = {"contact": "a@example.com", "merchant_id": merchant.pk}
        assert outcomes(3, contact="a@example.com") == [Outcome.ALLOW] * 3
        assert outcomes(2, **mine) == [Outcome.ALLOW, Outcome.BLOCK]

    def test_a_limit_of_the_whole_book_counts_over_merchants(self):
        LimitFactory(most=1)
        assert outcomes(2, contact="a@example.com") == [Outcome.ALLOW, Outcome.BLOCK]


class TestBooks:
    def test_the_two_books_have_limits_of_their_own(self):
        LimitFactory(most=0, book=Book.SANDBOX)
        assert outcomes(1, book=Book.LIVE) == [Outcome.ALLOW]
        assert outcomes(1, book=Book.SANDBOX) == [Outcome.BLOCK]

    def test_orders_of_one_book_do_not_count_in_the_other(self):
        LimitFactory(most=1, book=Book.LIVE)
        LimitFactory(most=9, book=Book.SANDBOX)
        outcomes(5, book=Book.SANDBOX, contact="a@example.com")
        assert outcomes(1, book=Book.LIVE, contact="a@example.com") == [Outcome.ALLOW]

    def test_the_two_books_have_lists_of_their_own(self):
        entry(Kind.EMAIL, "a@example.com", book=Book.SANDBOX)
        assert outcomes(1, book=Book.LIVE, contact="a@example.com") == [Outcome.ALLOW]


class TestLists:
    @pytest.mark.parametrize(
        ("kind", "value", "same"),
        [
            (Kind.EMAIL, "A@example.com", {"contact": "a@example.com"}),
            (Kind.EMAIL_DOMAIN, "example.com", {"contact": "a@example.com"}),
            (Kind.EMAIL_DOMAIN, "例え.jp", {"contact": "a@xn--r8jz45g.jp"}),
            (Kind.EMAIL_DOMAIN, "xn--r8jz45g.jp", {"contact": "a@例え.JP"}),
            (Kind.ADDRESS, "198.51.100.7", {"address": "198.51.100.7"}),
            (Kind.ADDRESS, "::ffff:198.51.100.7", {"address": "198.51.100.7"}),
            (Kind.DEVICE, "0123456789abcdef", {"device": "0123456789abcdef"}),
        ],
    )
    def test_a_listed_value_is_refused(self, kind, value, same):
        entry(kind, value)
        assert outcomes(1, **same) == [Outcome.BLOCK]

    def test_a_value_that_is_not_listed_is_not_refused(self):
        entry(Kind.EMAIL, "a@example.com")
        assert outcomes(1, contact="b@example.com") == [Outcome.ALLOW]

    def test_an_entry_that_expired_refuses_nobody(self):
        entry(Kind.EMAIL, "a@example.com", expires_at=clock.now() + timedelta(hours=1))
        entry(Kind.EMAIL, "b@example.com")
        with time_machine.travel(clock.now() + timedelta(hours=2)):
            assert outcomes(1, contact="a@example.com") == [Outcome.ALLOW]

    def test_a_merchants_entry_refuses_at_that_merchant_alone(self):
        merchant = MerchantFactory()
        entry(Kind.EMAIL, "a@example.com", merchant_id=merchant.pk)
        assert outcomes(1, contact="a@example.com") == [Outcome.ALLOW]
        assert outcomes(1, contact="a@example.com", merchant_id=merchant.pk) == [Outcome.BLOCK]

    def test_an_allowed_value_is_exempt_from_limits(self):
        LimitFactory(most=0)
        entry(Kind.EMAIL, "a@example.com", Disposition.ALLOW)
        assert outcomes(1, contact="a@example.com") == [Outcome.ALLOW]

    def test_an_exemption_is_kept_as_a_reason(self):
        LimitFactory(most=0)
        listed = entry(Kind.EMAIL, "a@example.com", Disposition.ALLOW)
        assess(FactsFactory(contact="a@example.com"))
        assert Decision.objects.get().reasons[0]["entry"] == str(listed.pk)

    def test_a_blocking_entry_goes_before_an_allowing_one(self):
        entry(Kind.EMAIL, "a@example.com", Disposition.ALLOW)
        entry(Kind.ADDRESS, "198.51.100.7")
        assert outcomes(1, contact="a@example.com", address="198.51.100.7") == [Outcome.BLOCK]


class TestUnread:
    @pytest.mark.parametrize(
        ("sent", "reason"),
        [({"contact": "a@☃"}, "unread.contact"), ({"address": "somewhere"}, "unread.address")],
    )
    def test_what_no_rule_can_read_is_left_to_a_person(self, sent, reason):
        decision = assess(FactsFactory(**sent))
        assert decision.outcome is Outcome.REVIEW
        assert [each.code for each in decision.reasons] == [reason]

    def test_what_no_rule_can_read_is_not_exempted_by_a_list(self):
        entry(Kind.ADDRESS, "198.51.100.7", Disposition.ALLOW)
        LimitFactory(most=0)
        assert assess(FactsFactory(contact="a@☃", address="198.51.100.7")).outcome is Outcome.REVIEW

    def test_a_rule_that_blocks_goes_before_what_cannot_be_read(self):
        entry(Kind.ADDRESS, "198.51.100.7")
        assert assess(FactsFactory(contact="a@☃", address="198.51.100.7")).outcome is Outcome.BLOCK


class TestStored:
    def test_every_decision_is_stored_under_its_name(self):
        decision = assess(FactsFactory())
        assert Decision.objects.get().pk == decision.id

    def test_the_reasons_are_stored_with_figures(self):
        limit = LimitFactory(most=0, outcome=Outcome.REVIEW)
        assess(FactsFactory())
        stored = Decision.objects.get()
        assert (stored.outcome, stored.review) == ("review", "pending")
        assert stored.reasons == [
            {"code": "limit.email", "limit": str(limit.pk), "count": 1, "most": 0, "seconds": 600}
        ]

    def test_no_plain_address_or_device_is_stored(self):
        LimitFactory(most=0)
        secrets = {"contact": "secret@example.com", "address": "198.51.100.7", "device": "0123456789abcdef"}
        assess(FactsFactory(**secrets))
        with connection.cursor() as cursor:
            cursor.execute("SELECT row_to_json(d)::text FROM risk_decision d")
            text = cursor.fetchone()[0]
        assert not any(value in text for value in ("secret", "198.51", "0123456789abcdef"))

    def test_an_order_from_nowhere_is_judged_all_the_same(self):
        assert assess(FactsFactory(address="", contact="", device="")).id is not None

    @pytest.mark.django_db(transaction=True)
    @pytest.mark.parametrize("limits", [0, 1, 3])
    def test_it_takes_one_trip_whatever_the_number_of_limits(self, limits):
        for seconds in range(limits):
            LimitFactory(seconds=seconds + 1)
        assess(FactsFactory())
        with trips() as made:
            assess(FactsFactory())
        assert made.count == 1

    def test_one_stored_decision_is_never_written_over(self):
        LimitFactory(most=0)
        assess(FactsFactory())
        stored = Decision.objects.get()
        with pytest.raises(Exception, match="kept"):
            Decision.objects.filter(pk=stored.pk).update(merchant_id=ids.new())


@pytest.mark.django_db(transaction=True)
class TestTrouble:
    def lock(self, database_url):
        """Somebody else holds the decisions' table, and lets nobody write."""
        other = psycopg.connect(database_url)
        other.execute("LOCK TABLE risk_decision IN SHARE MODE")
        return other

    @pytest.mark.parametrize("fallback", list(Outcome))
    def test_a_judge_who_waits_too_long_leaves_it_to_the_merchants_policy(self, database_url, fallback):
        merchant = MerchantFactory()
        policies.set_fallback(merchant.pk, fallback, actor=SYSTEM, reason="agreed")
        with self.lock(database_url):
            decision = assess(FactsFactory(merchant_id=merchant.pk))
        assert (decision.outcome, decision.reasons[0].code) == (fallback, "fallback.slow")

    def test_a_merchant_without_a_policy_has_the_platforms(self, database_url):
        policies.set_fallback(None, Outcome.REVIEW, actor=SYSTEM, reason="busy season")
        with self.lock(database_url):
            assert assess(FactsFactory()).outcome is Outcome.REVIEW

    def test_a_decision_that_could_not_be_stored_has_no_name(self, database_url):
        with self.lock(database_url):
            assert assess(FactsFactory()).id is None

    def test_a_decision_that_was_written_and_not_judged_is_kept_with_the_fall_back(self, database_url):
        policies.set_fallback(None, Outcome.REVIEW, actor=SYSTEM, reason="busy season")
        entry(Kind.EMAIL, "a@example.com")
        assess(FactsFactory())
        with psycopg.connect(database_url) as other:
            other.execute("LOCK TABLE risk_list_entry")
            decision = assess(FactsFactory())
        stored = Decision.objects.get(pk=decision.id)
        assert (stored.outcome, stored.reasons[0]["code"]) == (Outcome.REVIEW, "fallback.slow")

    def test_the_bounds_of_a_judgement_end_with_it(self):
        LimitFactory()
        assess(FactsFactory())
        ask = "SELECT name, setting FROM pg_settings WHERE source = 'session' ORDER BY name"
        with connection.cursor() as cursor:
            cursor.execute(ask)
            names = {name for name, _ in cursor.fetchall()}
        assert not names & {"statement_timeout", "synchronous_commit"}

    def test_a_burst_of_threads_gets_no_further_than_the_limit(self):
        # Who is judged too late is refused here, so that a slow machine cannot let anybody through.
        policies.set_fallback(None, Outcome.BLOCK, actor=SYSTEM, reason="a test")
        LimitFactory(most=3)
        assess(FactsFactory())
        start, found = threading.Barrier(12), []

        def place():
            connection.ensure_connection()
            start.wait()
            found.append(assess(FactsFactory(contact="a@example.com")).outcome)
            connections.close_all()

        threads = [threading.Thread(target=place) for _ in range(12)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(found) == 12
        assert found.count(Outcome.ALLOW) <= 3
