"""The supervisor, tried from the outside with processes that die, linger and have children of their own."""

import os
import signal
import subprocess
import sys
import time

import pytest

from workshop.places import ROOT
from workshop.processes import is_alive

HOUSE = """
import sys
sys.path.insert(0, "script")
from workshop import supervisor
from workshop.trouble import Trouble
supervisor.LOOK_SECONDS, supervisor.STOP_SECONDS = 0.02, 1.0
supervisor.LONGEST_PAUSE = 0.05
words = [sys.executable, "-u", "-c", sys.argv[1]]
child = supervisor.Child("child", words, {}, ready_words="pid")
try:
    supervisor.Supervisor([child], []).run(lambda: True, lambda: print("ready", flush=True))
except Trouble as trouble:
    sys.exit(str(trouble))
"""
STEADY = "import os, time; print(f'pid {os.getpid()}\\n', end=''); time.sleep(60)"
STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); " + STEADY
HOPELESS = "print('pid'); raise SystemExit('no luck')"


@pytest.fixture
def house():
    """Starts a supervisor over one child and stops it in the end."""
    started = []

    def start(child: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-u", "-c", HOUSE, child],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def _pid(house: subprocess.Popen[str]) -> int:
    """The number that the next child prints."""
    return next(int(line.split()[-1]) for line in house.stdout if "pid" in line)


def _is_gone(pid: int) -> bool:
    deadline = time.monotonic() + 10
    while is_alive(pid) and time.monotonic() < deadline:
        os.sched_yield()
    return not is_alive(pid)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_it_stops_its_children_when_told_to_stop(house, number):
    process = house(STEADY)
    child = _pid(process)
    process.send_signal(number)
    assert process.wait(10) == 0
    assert _is_gone(child)


def test_a_child_that_does_not_listen_is_ended_all_the_same(house):
    process = house(STUBBORN)
    child = _pid(process)
    process.terminate()
    assert process.wait(10) == 0
    assert _is_gone(child)


def test_what_dies_is_started_again(house):
    process = house(STEADY)
    first = _pid(process)
    os.kill(first, signal.SIGKILL)
    assert _pid(process) != first


def test_what_keeps_dying_takes_the_house_down_in_one_sentence(house):
    process = house(HOPELESS)
    _, complaint = process.communicate(timeout=20)
    assert process.returncode == 1
    assert complaint == (
        "child died 8 times in 5 minutes, so everything was stopped. Its last words: no luck\n"
    )


def test_a_childs_own_children_end_with_it(house):
    process = house(STUBBORN.replace("import os, time;", "import os, time; os.fork();"))
    both = {_pid(process), _pid(process)}
    process.terminate()
    assert process.wait(10) == 0
    assert all(_is_gone(pid) for pid in both)


def test_children_end_when_their_supervisor_is_killed(house):
    process = house(STEADY)
    child = _pid(process)
    process.kill()
    assert _is_gone(child)


def test_it_says_once_that_all_is_ready(house):
    process = house(STEADY)
    assert "ready\n" in process.stdout
    process.terminate()
    assert "ready" not in process.stdout.read()
