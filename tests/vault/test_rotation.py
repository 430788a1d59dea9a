"""Keys change, and everything sealed or fingerprinted before is found and opened after."""

import os
from base64 import b64encode
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command

import vault
from kernel import clock, ids
from vault.errors import BadMasterKeys
from vault.models import DataKey
from vault.services import rotation

CONTEXT = "tests.card_key"

pytestmark = pytest.mark.django_db


@pytest.fixture
def owners():
    return [ids.new() for _ in range(5)]


@pytest.fixture
def sealed(owners):
    return [vault.seal(owner, b"value", context=CONTEXT) for owner in owners]


@pytest.fixture
def new_master(settings, sealed):
    """A new master key in front of the one that wrapped everything so far."""
    settings.KEYWAY_MASTER_KEYS = f"77:{b64encode(os.urandom(32)).decode()},{settings.KEYWAY_MASTER_KEYS}"
    vault.forget()


def opened(owners, sealed):
    vault.forget()
    return [vault.open(owner, one, context=CONTEXT) for owner, one in zip(owners, sealed, strict=True)]


def test_rewrapping_leaves_no_key_under_the_old_master(new_master):
    list(rotation.rewrap())
    assert set(DataKey.objects.values_list("master", flat=True)) == {77}


def test_after_rewrapping_the_new_master_alone_opens_everything(settings, new_master, owners, sealed):
    list(rotation.rewrap())
    settings.KEYWAY_MASTER_KEYS = settings.KEYWAY_MASTER_KEYS.split(",")[0]
    assert opened(owners, sealed) == [b"value"] * len(owners)


def test_without_rewrapping_the_new_master_alone_opens_nothing(settings, new_master, owners, sealed):
    settings.KEYWAY_MASTER_KEYS = settings.KEYWAY_MASTER_KEYS.split(",")[0]
    with pytest.raises(BadMasterKeys, match="no key"):
        opened(owners, sealed)


def test_an_interrupted_rewrapping_is_taken_up_where_it_stopped(new_master, owners):
    next(rotation.rewrap(batch=4))
    assert rotation.left_to_rewrap() == 2 * len(owners) - 4
    assert list(rotation.rewrap(batch=4)) == [4, 2]


def test_between_two_batches_everything_opens(new_master, owners, sealed):
    next(rotation.rewrap(batch=3))
    assert opened(owners, sealed) == [b"value"] * len(owners)


def test_a_renewed_owner_seals_under_the_next_version(owners, sealed):
    list(rotation.renew(clock.now(), batch=2))
    after = vault.seal(owners[0], b"value", context=CONTEXT)
    assert [one[1:5] for one in (sealed[0], after)] == [b"\0\0\0\1", b"\0\0\0\2"]


def test_a_renewed_owner_opens_what_was_sealed_before(owners, sealed):
    list(rotation.renew(clock.now()))
    assert opened(owners, sealed) == [b"value"] * len(owners)


def test_fingerprints_outlive_every_rotation(new_master, owners):
    before = vault.fingerprint(owners[0], b"value", purpose="card")
    list(rotation.rewrap())
    list(rotation.renew(clock.now()))
    vault.forget()
    assert vault.fingerprint(owners[0], b"value", purpose="card") == before


def test_only_owners_with_old_keys_are_renewed(owners, sealed):
    DataKey.objects.filter(owner=owners[0]).update(created_at=clock.now() - timedelta(days=100))
    list(rotation.renew(clock.now() - timedelta(days=90)))
    newest = DataKey.objects.filter(version=2).values_list("owner", flat=True)
    assert list(newest) == [owners[0]]


def test_the_command_reports_what_each_master_wraps(new_master, owners):
    said = StringIO()
    call_command("rotate_keys", stdout=said)
    assert f"wrapped again: {2 * len(owners)} of {2 * len(owners)}" in said.getvalue()
    assert f"Master key 77 wraps {2 * len(owners)} data keys." in said.getvalue()


def test_the_command_renews_on_request_only(new_master, owners):
    call_command("rotate_keys", stdout=StringIO())
    call_command("rotate_keys", data_keys_older_than=0, stdout=StringIO())
    assert DataKey.objects.filter(version=2).count() == len(owners)
