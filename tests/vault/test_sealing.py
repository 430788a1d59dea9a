"""What a sealed value withstands."""

from base64 import b64encode
from dataclasses import replace
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

import vault
from kernel import ids
from vault import keyrings
from vault.errors import Unreadable
from vault.models import DataKey

SECRET = b"ABCD-EFGH-0001"
CONTEXT = "tests.card_key"

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner():
    return ids.new()


def test_what_was_sealed_opens_again(owner):
    sealed = vault.seal(owner, SECRET, context=CONTEXT)
    assert vault.open(owner, sealed, context=CONTEXT) == SECRET


def test_text_opens_as_its_utf8_bytes(owner):
    sealed = vault.seal(owner, "卡密", context=CONTEXT)
    assert vault.open(owner, memoryview(sealed), context=CONTEXT).decode() == "卡密"


def test_an_empty_value_can_be_sealed(owner):
    assert vault.open(owner, vault.seal(owner, b"", context=CONTEXT), context=CONTEXT) == b""


def test_the_platform_is_an_owner_like_any_other():
    sealed = vault.seal(vault.PLATFORM, SECRET, context=CONTEXT)
    assert vault.open(vault.PLATFORM, sealed, context=CONTEXT) == SECRET


def test_the_sealed_form_holds_nothing_of_the_value(owner):
    assert SECRET not in vault.seal(owner, SECRET, context=CONTEXT)


@pytest.mark.parametrize("place", range(33 + len(SECRET)))
def test_a_change_of_any_byte_is_noticed(owner, place):
    sealed = bytearray(vault.seal(owner, SECRET, context=CONTEXT))
    sealed[place] ^= 1
    with pytest.raises(Unreadable):
        vault.open(owner, bytes(sealed), context=CONTEXT)


@pytest.mark.parametrize("length", range(33 + len(SECRET)))
def test_a_sealed_value_cut_short_does_not_open(owner, length):
    sealed = vault.seal(owner, SECRET, context=CONTEXT)
    with pytest.raises(Unreadable):
        vault.open(owner, sealed[:length], context=CONTEXT)


def test_another_owner_cannot_open_it(owner):
    sealed = vault.seal(owner, SECRET, context=CONTEXT)
    with pytest.raises(Unreadable):
        vault.open(ids.new(), sealed, context=CONTEXT)


def test_another_context_cannot_open_it(owner):
    sealed = vault.seal(owner, SECRET, context=CONTEXT)
    with pytest.raises(Unreadable):
        vault.open(owner, sealed, context="tests.other")


def test_another_row_cannot_open_it(owner):
    sealed = vault.seal(owner, SECRET, context=CONTEXT, row=ids.new())
    with pytest.raises(Unreadable):
        vault.open(owner, sealed, context=CONTEXT, row=ids.new())


def test_a_value_bound_to_a_row_does_not_open_without_it(owner):
    sealed = vault.seal(owner, SECRET, context=CONTEXT, row=ids.new())
    with pytest.raises(Unreadable):
        vault.open(owner, sealed, context=CONTEXT)


def test_a_row_cannot_pass_for_the_end_of_a_context(owner):
    row = UUID(bytes=b"sixteen readable")
    sealed = vault.seal(owner, SECRET, context=CONTEXT, row=row)
    with pytest.raises(Unreadable):
        vault.open(owner, sealed, context=CONTEXT + "sixteen readable")


def test_the_owner_is_bound_even_where_the_key_is_the_same(owner):
    ring = keyrings.of(owner)
    stranger = vault.Sealer(replace(ring, owner=ids.new()), context=CONTEXT, purpose=CONTEXT)
    with pytest.raises(Unreadable):
        vault.open(owner, stranger.seal(SECRET), context=CONTEXT)


def test_a_refusal_names_the_owner_and_nothing_of_the_value(owner):
    sealed = vault.seal(owner, SECRET, context=CONTEXT)
    with pytest.raises(Unreadable) as refusal:
        vault.open(owner, sealed, context="tests.other")
    assert refusal.value.context == {"owner": owner}
    assert refusal.value.__cause__ is None


def test_no_two_of_many_sealed_values_share_a_nonce(owner):
    sealed = vault.sealer(owner, context=CONTEXT).seal_many([SECRET] * 20_000)
    assert len({value[5:17] for value in sealed}) == 20_000


def test_two_calls_for_many_draw_different_nonces(owner):
    sealer = vault.sealer(owner, context=CONTEXT)
    assert sealer.seal_many([SECRET]) != sealer.seal_many([SECRET])


@given(values=st.lists(st.binary(max_size=64), max_size=20))
def test_bulk_sealing_is_what_single_opening_reads(values):
    owner = ids.new()
    rows = [ids.new() for _ in values]
    sealed = vault.sealer(owner, context=CONTEXT).seal_many(values, rows)
    opened = [vault.open(owner, one, context=CONTEXT, row=row) for one, row in zip(sealed, rows, strict=True)]
    assert opened == values


def test_bulk_sealing_without_rows_binds_none(owner):
    (sealed,) = vault.sealer(owner, context=CONTEXT).seal_many([SECRET])
    assert vault.open(owner, sealed, context=CONTEXT) == SECRET


def test_bulk_sealing_refuses_rows_that_do_not_match(owner):
    with pytest.raises(ValueError, match="shorter"):
        vault.sealer(owner, context=CONTEXT).seal_many([SECRET, SECRET], [ids.new()])


def test_a_single_value_of_a_sealer_opens(owner):
    row = ids.new()
    sealed = vault.sealer(owner, context=CONTEXT).seal(SECRET, row=row)
    assert vault.open(owner, sealed, context=CONTEXT, row=row) == SECRET


def test_equal_values_have_equal_fingerprints_of_sixteen_bytes(owner):
    first = vault.fingerprint(owner, SECRET, purpose="card")
    assert first == vault.fingerprint(owner, SECRET, purpose="card")
    assert len(first) == 16


def test_a_sealer_makes_the_same_fingerprints(owner):
    sealer = vault.sealer(owner, context=CONTEXT, purpose="card")
    assert sealer.fingerprints([SECRET]) == [vault.fingerprint(owner, SECRET, purpose="card")]


def test_fingerprints_differ_by_value_owner_and_purpose(owner):
    made = {
        vault.fingerprint(owner, SECRET, purpose="card"),
        vault.fingerprint(owner, b"another", purpose="card"),
        vault.fingerprint(ids.new(), SECRET, purpose="card"),
        vault.fingerprint(owner, SECRET, purpose="mail"),
    }
    assert len(made) == 4


def test_no_key_shows_in_the_repr_of_a_keyring_or_a_sealer(owner):
    ring = keyrings.of(owner)
    shown = repr(ring) + repr(vault.sealer(owner, context=CONTEXT))
    assert repr(ring.index)[2:-1] not in shown
    assert ring.index.hex() not in shown
    assert b64encode(ring.index).decode() not in shown


def test_the_database_holds_no_plain_key(owner):
    ring = keyrings.of(owner)
    wrapped = [bytes(key.wrapped) for key in DataKey.objects.filter(owner=owner)]
    assert len(wrapped) == 2
    assert not any(ring.index in one for one in wrapped)


def test_swapped_data_keys_are_refused(owner):
    from vault.errors import BadMasterKeys

    other = ids.new()
    vault.seal(owner, SECRET, context=CONTEXT)
    vault.seal(other, SECRET, context=CONTEXT)
    stolen = DataKey.objects.get(owner=other, use="sealing")
    DataKey.objects.filter(owner=owner, use="sealing").update(wrapped=stolen.wrapped)
    vault.forget()
    with pytest.raises(BadMasterKeys):
        vault.seal(owner, SECRET, context=CONTEXT)
