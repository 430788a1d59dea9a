"""The cache of slowly changing configuration."""

import pytest

from kernel.recent import Recent


class Loads:
    """Counts how often each key was loaded."""

    def __init__(self):
        self.keys = []

    def __call__(self, key):
        self.keys.append(key)
        return f"{key}{len(self.keys)}"


def test_a_kept_value_is_not_loaded_again():
    load, recent = Loads(), Recent(seconds=60, size=10)
    assert [recent.get("a", load), recent.get("a", load)] == ["a1", "a1"]


def test_a_value_past_its_time_is_loaded_anew():
    load, recent = Loads(), Recent(seconds=0, size=10)
    assert [recent.get("a", load), recent.get("a", load)] == ["a1", "a2"]


def test_a_forgotten_value_is_loaded_anew():
    load, recent = Loads(), Recent(seconds=60, size=10)
    recent.get("a", load)
    recent.forget()
    assert recent.get("a", load) == "a2"


def test_forgetting_all_reaches_every_cache():
    load, recent = Loads(), Recent(seconds=60, size=10)
    recent.get("a", load)
    Recent.forget_all()
    assert recent.get("a", load) == "a2"


def test_it_never_keeps_more_than_its_size():
    load, recent = Loads(), Recent(seconds=60, size=2)
    for key in "abc":
        recent.get(key, load)
    recent.get("a", load)
    assert load.keys == ["a", "b", "c", "a"]


def test_a_failed_load_keeps_nothing():
    recent = Recent(seconds=60, size=2)

    def fail(key):
        raise LookupError(key)

    with pytest.raises(LookupError):
        recent.get("a", fail)
    assert recent.get("a", Loads()) == "a1"


def test_a_value_of_an_earlier_revision_is_loaded_anew():
    at, load = [1], Loads()
    recent = Recent(seconds=60, size=10, revision=lambda: at[0])
    recent.get("a", load)
    at[0] = 2
    assert [recent.get("a", load), recent.get("a", load)] == ["a2", "a2"]
