"""Keeps the processes of a server alive under one roof: prefixed output, bounded restarts, one way to stop.

honcho ends everything as soon as one process ends; here what dies is started again, a little later each time,
and only a process that keeps dying takes the house down.
"""

import os
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from workshop.console import paint, say
from workshop.lease import Service, revive
from workshop.places import ROOT
from workshop.processes import die_with_parent
from workshop.trouble import Trouble

DEATHS_ALLOWED, WITHIN_SECONDS = 8, 300.0
LONGEST_PAUSE = 30.0
STOP_SECONDS = 15.0
LOOK_SECONDS, SERVICE_LOOK_SECONDS = 0.2, 3.0
HUES = ("cyan", "magenta", "green", "yellow", "blue")


@dataclass
class Child:
    """One process that must live, and what is known of its deaths."""

    name: str
    words: Sequence[str | Path]
    env: Mapping[str, str]
    ready_words: str = ""
    hue: str = "cyan"
    process: subprocess.Popen[str] | None = None
    deaths: deque[float] = field(default_factory=lambda: deque(maxlen=DEATHS_ALLOWED))
    due: float = 0.0
    last_line: str = ""
    is_ready: bool = False

    def __post_init__(self) -> None:
        """Without words to wait for it is ready from the start."""
        self.is_ready = not self.ready_words

    def is_running(self) -> bool:
        """Whether it lives now."""
        return self.process is not None and self.process.poll() is None

    def note_death(self, now: float) -> float:
        """Book a death and give the pause before the next start."""
        self.process = None
        self.deaths.append(now)
        recent = sum(1 for death in self.deaths if now - death < WITHIN_SECONDS)
        pause = min(2.0 ** (recent - 1), LONGEST_PAUSE)
        self.due = now + pause
        return pause

    def keeps_dying(self, now: float) -> bool:
        """Whether it has used up its restarts."""
        return len(self.deaths) == DEATHS_ALLOWED and now - self.deaths[0] < WITHIN_SECONDS


class Supervisor:
    """Starts the children, watches them and the embedded servers, and stops all of it."""

    def __init__(self, children: Sequence[Child], services: Sequence[Service]) -> None:
        self.children = list(children)
        self.services = list(services)
        self.width = max(len(child.name) for child in children)
        self.asked_to_stop = 0
        for child, hue in zip(self.children, HUES * len(self.children), strict=False):
            child.hue = hue

    def run(self, ready: Callable[[], bool], announce: Callable[[], None]) -> int:
        """Keep everything alive until we are told to stop; announce once when `ready` first says so."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._note_stop)
        announced, next_look = False, 0.0
        try:
            while not self.asked_to_stop:
                self._look_after(time.monotonic())
                if time.monotonic() >= next_look:
                    self._look_after_services()
                    next_look = time.monotonic() + SERVICE_LOOK_SECONDS
                if not announced and all(child.is_ready for child in self.children) and ready():
                    announced = True
                    announce()
                time.sleep(LOOK_SECONDS)
        finally:
            self._stop()
        return 0

    def _note_stop(self, _number: int, _frame: object) -> None:
        self.asked_to_stop += 1

    def _look_after(self, now: float) -> None:
        for child in self.children:
            if child.is_running():
                continue
            if child.process is not None:
                status = child.process.returncode
                pause = child.note_death(now)
                if child.keeps_dying(now):
                    raise Trouble(
                        f"{child.name} died {DEATHS_ALLOWED} times in {WITHIN_SECONDS / 60:.0f} minutes, so "
                        f"everything was stopped. Its last words: {child.last_line}"
                    )
                self._print(child, f"ended with status {status}; starts again in {pause:.0f} s")
            elif now >= child.due:
                self._start(child)

    def _start(self, child: Child) -> None:
        # A session of its own: Ctrl-C reaches us alone, and we stop the children in good order.
        child.process = subprocess.Popen(
            [str(word) for word in child.words],
            env=dict(child.env),
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
            preexec_fn=die_with_parent,
        )
        threading.Thread(target=self._relay, args=(child, child.process), daemon=True).start()

    def _look_after_services(self) -> None:
        for service in self.services:
            if revive(service):
                say(paint(f"{service.name} had stopped and was started again", "yellow"))

    def _relay(self, child: Child, process: subprocess.Popen[str]) -> None:
        for line in process.stdout or ():
            child.last_line = line.rstrip() or child.last_line
            child.is_ready = child.is_ready or child.ready_words in line
            self._print(child, line.rstrip())

    def _print(self, child: Child, line: str) -> None:
        sys.stdout.write(paint(f"{child.name:<{self.width}} │ ", child.hue) + line + "\n")
        sys.stdout.flush()

    def _stop(self) -> None:
        say("Stopping …")
        alive = [child.process for child in self.children if child.is_running() and child.process]
        for process in alive:
            process.terminate()
        deadline = time.monotonic() + STOP_SECONDS
        impatience = self.asked_to_stop
        while any(process.poll() is None for process in alive) and time.monotonic() < deadline:
            if self.asked_to_stop > max(impatience, 1):
                break
            time.sleep(0.05)
        for process in alive:
            _kill_group(process.pid)
            process.wait()


def _kill_group(leader: int) -> None:
    """End what is left of a process and its own children."""
    try:
        os.killpg(leader, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return
