"""What an installation keeps about itself: its secrets and its ports."""

import base64
import stat

from workshop import keys, ports
from workshop.environment import environment


def test_secrets_are_made_once():
    assert keys.installation_keys() == keys.installation_keys()


def test_secrets_are_for_the_owners_eyes():
    keys.installation_keys()
    assert stat.S_IMODE(keys.FILE.stat().st_mode) == 0o600
    assert stat.S_IMODE(keys.FILE.parent.stat().st_mode) == 0o700


def test_the_master_key_has_a_number_and_32_bytes():
    number, _, key = keys.installation_keys()["KEYWAY_MASTER_KEYS"].partition(":")
    assert number == "1"
    assert len(base64.b64decode(key, validate=True)) == 32


def test_a_port_is_remembered():
    port = ports.next_free("a server", 23_000)
    assert ports.remembered("a server", 1) == port


def test_two_servers_never_get_one_port():
    assert ports.next_free("one", 23_100) != ports.next_free("two", 23_100)


def test_a_taken_port_is_passed_over(taken_port):
    assert not ports.is_free(taken_port)


def test_what_the_person_set_wins(monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgres://theirs")
    assert environment({"DATABASE_URL": "postgres://ours"})["DATABASE_URL"] == "postgres://theirs"


def test_a_pair_the_person_lets_out_joins_the_sandbox(monkeypatch):
    monkeypatch.setenv("OUTGOING_ALLOW", "127.0.0.1:9000")
    allowed = environment({"OUTGOING_ALLOW": "127.0.0.1:8431"})["OUTGOING_ALLOW"]
    assert allowed.split(",") == ["127.0.0.1:8431", "127.0.0.1:9000"]


def test_children_find_our_packages():
    assert environment({})["PYTHONPATH"].split(":")[0].endswith("/platform")
