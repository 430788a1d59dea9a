"""Limits, lists and policies are rows that people edit, each change with a reason."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from audit.models import AuditRow
from kernel import clock
from kernel.actors import SYSTEM
from kernel.books import Book
from risk import rules
from risk.errors import BadRule, ReasonMissing
from risk.models import Limit, ListEntry
from risk.services import limits, lists, policies
from risk.services.assessment import assess
from risk.states import Dimension, Disposition, Kind, Outcome
from risk.tasks import forget_traces
from tests.factories.merchants import MerchantFactory
from tests.factories.risk import FactsFactory, LimitFactory

pytestmark = pytest.mark.django_db
BY = {"actor": SYSTEM, "reason": "card testing seen"}


def add(**changes):
    asked = {"seconds": 600, "most": 3, "outcome": Outcome.BLOCK, "book": Book.LIVE, **BY, **changes}
    return limits.add(Dimension.EMAIL, **asked)


def listed(value="a@example.com", kind=Kind.EMAIL, **changes):
    return lists.add(kind, value, Disposition.BLOCK, **{"book": Book.LIVE, **BY, **changes})


def traces():
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM risk_trace")
        return cursor.fetchone()[0]


class TestLimits:
    def test_a_new_limit_is_recorded_with_reason_and_figures(self):
        limit = add()
        row = AuditRow.objects.get(subject_id=limit.pk)
        assert (row.action, row.reason, row.facts["most"]) == ("risk.limit_added", "card testing seen", 3)

    def test_a_changed_limit_is_recorded(self):
        limit = limits.change(add(), seconds=60, most=1, outcome=Outcome.REVIEW, **BY)
        assert AuditRow.objects.filter(subject_id=limit.pk, action="risk.limit_changed").exists()

    @pytest.mark.parametrize(
        "wrong",
        [{"seconds": 0}, {"seconds": 604_801}, {"most": -1}, {"most": 10_001}, {"outcome": Outcome.ALLOW}],
    )
    def test_figures_that_are_no_limit_are_refused(self, wrong):
        with pytest.raises(BadRule):
            add(**wrong)
        assert not Limit.objects.exists()

    def test_the_same_limit_twice_is_refused(self):
        add()
        with pytest.raises(BadRule):
            add(most=9)

    @pytest.mark.parametrize("verb", ["add", "change", "switch"])
    def test_nothing_is_done_without_a_reason(self, verb):
        limit = LimitFactory()
        asked = {
            "add": lambda: add(seconds=1, reason=" "),
            "change": lambda: limits.change(
                limit, seconds=1, most=1, outcome=Outcome.BLOCK, actor=SYSTEM, reason=""
            ),
            "switch": lambda: limits.switch(limit, is_active=False, actor=SYSTEM, reason=""),
        }
        with pytest.raises(ReasonMissing):
            asked[verb]()

    def test_a_change_is_in_force_at_once_in_this_process(self, django_capture_on_commit_callbacks):
        rules.of(Book.LIVE)
        with django_capture_on_commit_callbacks(execute=True):
            add(most=0)
        assert assess(FactsFactory()).is_blocked

    def test_rules_are_read_once_for_many_orders(self, django_assert_num_queries):
        rules.of(Book.LIVE)
        with django_assert_num_queries(0):
            rules.of(Book.LIVE)

    def test_a_new_installation_begins_with_limits_and_does_so_once(self):
        assert limits.add_starting(Book.LIVE, **BY)
        assert not limits.add_starting(Book.LIVE, **BY)

    @pytest.mark.parametrize(
        "wrong", [{"outcome": "allow"}, {"seconds": 0}, {"dimension": "shoe"}, {"book": "paper"}]
    )
    def test_the_database_refuses_what_is_no_limit(self, wrong):
        with pytest.raises(IntegrityError), transaction.atomic():
            LimitFactory(**wrong)


class TestLists:
    def test_an_entry_holds_a_hint_and_not_the_value(self):
        entry = listed("secret.name@example.com")
        assert entry.hint == "s…@example.com"
        assert "secret" not in str(ListEntry.objects.values().get())

    @pytest.mark.parametrize(
        ("kind", "value", "hint"),
        [
            (Kind.ADDRESS, "198.51.100.7", "198.51.100.…"),
            (Kind.ADDRESS, "2001:db8:1:2::1", "20010db8…"),
            (Kind.EMAIL_DOMAIN, "Example.com", "example.com"),
            (Kind.DEVICE, "0123456789abcdef", "0123…"),
        ],
    )
    def test_a_hint_shows_a_part(self, kind, value, hint):
        assert listed(value, kind).hint == hint

    @pytest.mark.parametrize(
        ("kind", "value"),
        [
            (Kind.ADDRESS, "198.51.100"),
            (Kind.EMAIL, "nobody"),
            (Kind.EMAIL_DOMAIN, "com"),
            (Kind.DEVICE, "short"),
        ],
    )
    def test_a_value_of_another_form_is_refused(self, kind, value):
        with pytest.raises(BadRule):
            listed(value, kind)

    def test_one_value_stands_on_the_lists_once(self):
        listed()
        with pytest.raises(BadRule):
            listed("A@example.com")

    def test_one_value_may_stand_for_two_merchants(self):
        listed(merchant_id=MerchantFactory().pk)
        listed(merchant_id=MerchantFactory().pk)
        assert ListEntry.objects.count() == 2

    def test_an_entry_that_has_ended_already_is_refused(self):
        with pytest.raises(BadRule):
            listed(expires_at=clock.now() - timedelta(seconds=1))

    def test_an_entry_without_a_reason_is_refused(self):
        with pytest.raises(ReasonMissing):
            listed(reason="")

    def test_a_removed_entry_leaves_its_audit_rows(self):
        entry = listed()
        key = entry.pk
        lists.remove(entry, actor=SYSTEM, reason="a mistake")
        assert not ListEntry.objects.exists()
        assert set(AuditRow.objects.filter(subject_id=key).values_list("action", flat=True)) == {
            "risk.entry_added",
            "risk.entry_removed",
        }

    def test_a_removed_entry_refuses_nobody(self, django_capture_on_commit_callbacks):
        with django_capture_on_commit_callbacks(execute=True):
            lists.remove(listed(), actor=SYSTEM, reason="a mistake")
        assert not assess(FactsFactory(contact="a@example.com")).is_blocked


class TestPolicies:
    def test_a_policy_is_set_anew_in_its_one_row(self):
        merchant = MerchantFactory()
        policies.set_fallback(merchant.pk, Outcome.BLOCK, **BY)
        rules.forget()
        policies.set_fallback(merchant.pk, Outcome.REVIEW, **BY)
        rules.forget()
        assert rules.fallback(merchant.pk) is Outcome.REVIEW

    def test_a_policy_without_a_reason_is_refused(self):
        with pytest.raises(ReasonMissing):
            policies.set_fallback(None, Outcome.BLOCK, actor=SYSTEM, reason="")


class TestTraces:
    def test_an_order_that_no_limit_watches_leaves_none(self):
        assess(FactsFactory())
        assert traces() == 0

    def test_an_order_leaves_one_for_each_watched_value(self):
        LimitFactory()
        LimitFactory(seconds=60)
        LimitFactory(dimension=Dimension.ADDRESS)
        assess(FactsFactory())
        assert traces() == 2

    def test_those_that_a_limit_still_looks_back_to_are_kept(self, age_traces):
        LimitFactory(seconds=7200)
        assess(FactsFactory())
        age_traces(seconds=7100)
        forget_traces()
        assert traces() == 1

    def test_those_behind_every_window_are_forgotten(self, age_traces):
        LimitFactory(seconds=7200)
        assess(FactsFactory())
        age_traces(seconds=7201)
        assert forget_traces() == 1
        assert traces() == 0
