"""The databases that tests run on: clean before each test, whatever the one before did."""

from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from django.contrib.contenttypes.models import ContentType
from django.db import connection

from payments.sandbox.alipay import apps
from payments.sandbox.models import AlipayApp
from tests.payments.sandbox.shop import key_pair

given: list[int] = []


def _count() -> int:
    return ContentType.objects.filter(app_label="left behind").count()


@pytest.mark.django_db
@pytest.mark.parametrize("turn", [1, 2])
def test_a_test_in_a_transaction_leaves_nothing(turn):
    assert _count() == 0
    ContentType.objects.create(app_label="left behind", model="row")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("turn", [1, 2])
def test_a_test_that_commits_leaves_nothing(turn):
    assert _count() == 0
    ContentType.objects.create(app_label="left behind", model="row")
    assert connection.get_autocommit()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("turn", [1, 2])
def test_a_table_that_refuses_to_be_emptied_is_no_obstacle(turn):
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE guarded (id int)")
        cursor.execute(
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN RAISE EXCEPTION 'append only'; END $$;"
            "CREATE TRIGGER guard BEFORE TRUNCATE OR DELETE ON guarded EXECUTE FUNCTION refuse()"
        )
        cursor.execute("INSERT INTO guarded VALUES (1)")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("turn", [1, 2])
def test_connections_that_threads_left_open_are_no_obstacle(turn):
    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(lambda _: _count(), range(2))) == [0, 0]
    assert _count() == 0


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("turn", [1, 2])
def test_rows_that_migrations_wrote_are_there_after_a_test_that_deleted_them(turn):
    assert ContentType.objects.filter(app_label="payments", model="order").exists()
    ContentType.objects.all().delete()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("turn", [1, 2])
def test_every_table_is_empty_again_in_whatever_schema_it_is(turn):
    assert not AlipayApp.objects.exists()
    apps.register("2026000000000001", key_pair("left behind")[1], "2088000000000001", name="left behind")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("turn", [1, 2])
def test_sequences_start_where_they_did(turn):
    given.append(ContentType.objects.create(app_label="left behind", model="row").pk)
    assert len(set(given)) == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("turn", [1, 2])
def test_a_function_that_was_replaced_is_what_it_was(turn):
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_get_functiondef(oid) FROM pg_proc WHERE proname = 'payments_refuse'")
        definition = cursor.fetchone()[0]
        assert "left behind" not in definition
        cursor.execute(definition.replace("BEGIN", "-- left behind\nBEGIN"))


def test_a_process_of_a_test_sees_the_same_database(database_url):
    ContentType.objects.create(app_label="seen", model="row")
    with psycopg.connect(database_url) as other:
        assert other.execute(
            "SELECT count(*) FROM django_content_type WHERE app_label = 'seen'"
        ).fetchone() == (1,)


@pytest.mark.django_db
def test_deferred_triggers_fire_when_asked(deferred_triggers):
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE deferred_guard (id int)")
        cursor.execute(
            "CREATE FUNCTION complain() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN RAISE EXCEPTION 'no legs'; END $$;"
            "CREATE CONSTRAINT TRIGGER guard AFTER INSERT ON deferred_guard"
            " DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION complain()"
        )
        cursor.execute("INSERT INTO deferred_guard VALUES (1)")
    with pytest.raises(Exception, match="no legs"):
        deferred_triggers()
    connection.set_rollback(True)
