"""The small cache."""

from merchants.recent import Recent


def test_what_was_read_a_moment_ago_is_not_read_again():
    recent: Recent[str, int] = Recent(seconds=60, most=10)
    recent.get("a", lambda _: 1)
    assert recent.get("a", lambda _: 2) == 1


def test_what_is_too_old_is_read_again():
    recent: Recent[str, int] = Recent(seconds=0, most=10)
    recent.get("a", lambda _: 1)
    assert recent.get("a", lambda _: 2) == 2


def test_what_was_forgotten_is_read_again():
    recent: Recent[str, int] = Recent(seconds=60, most=10)
    recent.get("a", lambda _: 1)
    recent.forget("a")
    assert recent.get("a", lambda _: 2) == 2


def test_only_what_is_missing_is_loaded():
    recent: Recent[str, int] = Recent(seconds=60, most=10)
    recent.get("a", lambda _: 1)
    asked: list[str] = []

    def load(keys: list[str]) -> dict[str, int]:
        asked.extend(keys)
        return dict.fromkeys(keys, 2)

    assert recent.get_many(["a", "b"], load) == {"a": 1, "b": 2}
    assert asked == ["b"]


def test_it_never_remembers_more_than_its_bound():
    recent: Recent[int, int] = Recent(seconds=60, most=3)
    for number in range(10):
        recent.get(number, lambda key: key)
    assert len(recent._kept) <= 3
