"""Statements that travel together keep their order, their transaction and their refusals."""

import threading
import time
from itertools import pairwise

import pytest
from django.db import DatabaseError, IntegrityError, OperationalError, connection, transaction

from prepared import Statement, at_once, together
from tests.statements import trips

BEGIN, COMMIT = Statement("BEGIN"), Statement("COMMIT")
COUNT = Statement("SELECT count(*) FROM outbox_cursor WHERE subscriber = $1")
NAP = Statement("SELECT pg_sleep(0.3)::text")
WRITE = Statement("INSERT INTO outbox_cursor (subscriber, number) VALUES ($1, $2)")


def written(name="tests"):
    return COUNT.rows(name)[0][0]


@pytest.mark.django_db(transaction=True)
class TestTogether:
    def test_what_is_sent_travels_with_the_commit(self):
        written()
        with trips() as made, together():
            WRITE.send("tests", 7)
            WRITE.send("others", 7)
        assert (made.count, written(), written("others")) == (1, 1, 1)

    def test_what_is_sent_comes_before_the_next_statement(self):
        with together():
            WRITE.send("tests", 7)
            assert written() == 1

    def test_what_is_sent_comes_before_djangos_next_statement(self):
        with together():
            WRITE.send("tests", 7)
            with connection.cursor() as cursor:
                cursor.execute("SELECT count(*) FROM outbox_cursor WHERE subscriber = 'tests'")
                assert cursor.fetchone() == (1,)

    def test_a_refusal_is_raised_by_the_commit_and_leaves_nothing(self):
        with pytest.raises(IntegrityError), together():
            WRITE.send("others", 7)
            WRITE.send("tests", 7)
            WRITE.send("tests", 8)
        assert (written(), written("others")) == (0, 0)

    def test_what_waits_is_dropped_with_its_transaction(self):
        with pytest.raises(RuntimeError), together():
            WRITE.send("tests", 7)
            raise RuntimeError
        assert written() == 0

    def test_what_waits_is_dropped_with_its_savepoint_alone(self):
        with together():
            WRITE.send("tests", 7)
            with pytest.raises(RuntimeError), transaction.atomic():
                WRITE.send("others", 7)
                raise RuntimeError
        assert (written(), written("others")) == (1, 0)

    def test_outside_of_it_what_is_sent_runs_at_once(self):
        with transaction.atomic():
            WRITE.send("tests", 7)
            with pytest.raises(IntegrityError), transaction.atomic():
                WRITE.send("tests", 8)

    def test_it_works_where_nothing_may_be_prepared(self):
        connection.ensure_connection()
        connection.connection.prepare_threshold = None
        with together():
            WRITE.send("tests", 7)
            assert written() == 1
        connection.close()


@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    def test_it_gives_the_rows_of_each(self):
        answers = at_once((BEGIN, ()), (WRITE, ("tests", 7)), (COMMIT, ()), (COUNT, ("tests",)))
        assert answers == [[], [], [], [(1,)]]

    def test_a_refusal_undoes_the_transaction_that_it_was_in(self):
        asked = [(BEGIN, ()), (WRITE, ("tests", 7)), (COMMIT, ())]
        with pytest.raises(IntegrityError):
            at_once(*asked, *asked, (WRITE, ("others", 7)))
        assert (written(), written("others")) == (1, 0)

    def test_a_statement_that_cannot_be_prepared_is_refused(self):
        for _ in range(2):
            with pytest.raises(DatabaseError):
                at_once((BEGIN, ()), (Statement("SELECT FROM nowhere"), ()), (COMMIT, ()))
        assert written() == 0

    def test_it_refuses_to_run_in_somebodys_transaction(self):
        with transaction.atomic(), pytest.raises(transaction.TransactionManagementError):
            at_once((COUNT, ("tests",)))

    def test_other_threads_go_on_meanwhile(self):
        ticks = []
        done = threading.Event()

        def tick():
            while not done.wait(0.005):
                ticks.append(time.monotonic())

        thread = threading.Thread(target=tick)
        thread.start()
        at_once((NAP, ()), (NAP, ()))
        done.set()
        thread.join()
        assert max(later - sooner for sooner, later in pairwise(ticks)) < 0.25

    def test_a_connection_that_is_cut_off_is_an_error_and_then_a_new_one(self):
        cut = Statement("SELECT pg_terminate_backend(pg_backend_pid())")
        with pytest.raises(OperationalError):
            at_once((COUNT, ("tests",)), (cut, ()))
        connection.close_if_unusable_or_obsolete()
        assert written() == 0
