"""Master keys: only sound ones start anything."""

import os
from base64 import b64encode

import pytest

from vault import masters
from vault.errors import BadMasterKeys

DRAWN = b64encode(bytes.fromhex("9f1c04d7a85be26340f2117cbb3e95d80a6cc7541fe9832d76b0487ed35a21c6")).decode()


def encoded(key):
    return "1:" + b64encode(key).decode()


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "1",
        "1:",
        ":" + DRAWN,
        "one:" + DRAWN,
        "0:" + DRAWN,
        "1:not base64!",
        f"1:{DRAWN},",
        "１:" + DRAWN,
    ],
)
def test_missing_and_malformed_keys_are_refused(text):
    with pytest.raises(BadMasterKeys):
        masters.parse(text)


@pytest.mark.parametrize("length", [0, 16, 31, 33, 64])
def test_keys_of_another_length_are_refused(length):
    with pytest.raises(BadMasterKeys, match="bytes"):
        masters.parse(encoded(os.urandom(length)) if length else "1:")


def test_a_number_used_twice_is_refused():
    with pytest.raises(BadMasterKeys, match="twice"):
        masters.parse(f"1:{DRAWN},1:{DRAWN}")


def test_the_first_key_wraps_and_all_unwrap():
    old = masters.parse(f"1:{DRAWN}")
    both = masters.parse(f"2:{b64encode(os.urandom(32)).decode()},1:{DRAWN}")
    key = os.urandom(32)
    assert both.primary == 2
    assert both.unwrap(old.wrap(key, label=b"label"), master=1, label=b"label") == key


def test_a_master_key_that_is_gone_is_named():
    with pytest.raises(BadMasterKeys, match="no key 7"):
        masters.parse(f"1:{DRAWN}").unwrap(os.urandom(60), master=7, label=b"label")


@pytest.mark.parametrize(
    "key",
    [
        bytes(32),
        b"x" * 32,
        bytes(range(32)),
        bytes(range(32, 0, -1)),
        b"change-me-change-me-change-me-32",
        b"ab" * 16,
    ],
)
def test_examples_are_refused(key):
    with pytest.raises(BadMasterKeys, match="example"):
        masters.refuse_examples(encoded(key))


def test_a_drawn_key_is_no_example():
    masters.refuse_examples(f"1:{DRAWN}")


def test_a_refusal_never_shows_the_key():
    key = b64encode(b"short but secret").decode()
    with pytest.raises(BadMasterKeys) as refusal:
        masters.parse(f"1:{key}")
    assert key not in str(refusal.value)


def test_no_key_shows_in_the_repr():
    assert DRAWN not in repr(masters.parse(f"1:{DRAWN}"))
