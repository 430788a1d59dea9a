"""When an owner's keys are made, and when they are kept."""

import os
import subprocess
import sys
from threading import Barrier, Thread

import pytest
from django.db import connection, transaction

import vault
from kernel import clock, ids
from vault.models import DataKey
from vault.services import rotation

CONTEXT = "tests.card_key"
THREADS = 8


class Undone(Exception):
    """Ends a transaction without a commit."""


@pytest.mark.django_db(transaction=True)
def test_threads_that_meet_a_new_owner_at_once_share_one_key():
    owner, barrier, sealed = ids.new(), Barrier(THREADS), []

    def first_use():
        try:
            connection.ensure_connection()
            barrier.wait()
            sealed.append(vault.seal(owner, b"value", context=CONTEXT))
        finally:
            connection.close()

    threads = [Thread(target=first_use) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    vault.forget()
    assert DataKey.objects.filter(owner=owner).count() == 2
    assert [vault.open(owner, one, context=CONTEXT) for one in sealed] == [b"value"] * THREADS


@pytest.mark.django_db(transaction=True)
def test_a_key_made_in_a_transaction_that_is_undone_never_seals_again():
    owner = ids.new()
    with pytest.raises(Undone), transaction.atomic():
        vault.seal(owner, b"lost with the transaction", context=CONTEXT)
        raise Undone
    sealed = vault.seal(owner, b"kept", context=CONTEXT)
    vault.forget()
    assert vault.open(owner, sealed, context=CONTEXT) == b"kept"


@pytest.mark.django_db(transaction=True)
def test_a_key_made_in_a_transaction_opens_what_it_sealed_there():
    owner = ids.new()
    with transaction.atomic():
        first = vault.seal(owner, b"first", context=CONTEXT)
        second = vault.seal(owner, b"second", context=CONTEXT)
    vault.forget()
    assert vault.open(owner, first, context=CONTEXT) == b"first"
    assert vault.open(owner, second, context=CONTEXT) == b"second"


@pytest.mark.django_db(transaction=True)
def test_a_committed_key_is_asked_of_the_database_once():
    owner = ids.new()
    sealed = vault.seal(owner, b"value", context=CONTEXT)
    DataKey.objects.all().delete()
    assert vault.open(owner, sealed, context=CONTEXT) == b"value"


SEAL_ELSEWHERE = """
import sys, uuid, django
django.setup()
import vault
sys.stdout.buffer.write(vault.seal(uuid.UUID(sys.argv[1]), b"newer", context=sys.argv[2]))
"""


@pytest.mark.django_db(transaction=True)
def test_a_process_that_keeps_the_old_keys_opens_what_another_sealed_under_new_ones(database_url):
    owner = ids.new()
    vault.seal(owner, b"older", context=CONTEXT)
    next(rotation.renew(clock.now()))
    newer = subprocess.run(
        [sys.executable, "-c", SEAL_ELSEWHERE, str(owner), CONTEXT],
        env={**os.environ, "DATABASE_URL": database_url, "PYTHONPATH": "platform:."},
        capture_output=True,
        check=True,
    ).stdout
    assert newer[1:5] == b"\0\0\0\2"
    assert vault.open(owner, newer, context=CONTEXT) == b"newer"
