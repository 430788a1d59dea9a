"""Who uses a server: the last one to leave stops it, and a killed one is not counted."""

import subprocess
import sys
from uuid import uuid4

import pytest

from workshop.lease import held, revive
from workshop.places import DATA, ROOT

HOLDER = """
import sys
sys.path.insert(0, sys.argv[1])
from tests.script.switches import Switch
from workshop.lease import held
with held(Switch(sys.argv[2])):
    print("holding", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def switch():
    from tests.script.switches import Switch

    return Switch(f"switch-{uuid4().hex[:8]}")


@pytest.fixture
def other(switch):
    """Another process that holds the same server."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(ROOT / "script"), switch.name],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=ROOT,
        env={"KEYWAY_DATA": str(DATA)},
    )
    assert process.stdout.readline() == b"holding\n"
    yield process
    process.kill()
    process.communicate()


def test_the_last_to_leave_stops_it(switch):
    with held(switch):
        with held(switch):
            assert switch.is_running()
        assert switch.is_running()
    assert not switch.is_running()


def test_another_process_keeps_it_running(switch, other):
    with held(switch):
        pass
    assert switch.is_running()
    other.communicate()
    assert not switch.is_running()


def test_a_killed_process_is_not_counted(switch, other):
    other.kill()
    other.wait()
    assert switch.is_running()
    with held(switch):
        pass
    assert not switch.is_running()


def test_a_failure_while_holding_still_stops_it(switch):
    with pytest.raises(ZeroDivisionError), held(switch):
        raise ZeroDivisionError
    assert not switch.is_running()


def test_what_stopped_by_itself_is_started_again(switch):
    with held(switch):
        assert not revive(switch)
        switch.stop()
        assert revive(switch)
        assert switch.is_running()
