"""script/bench renewals [--quick]: a day's renewals by two workers, while a sale comes every 100 ms.

50,000 subscriptions of 100 merchants are due, each with a card that the sandbox's Stripe keeps. The sandbox
is a process of its own, asked over HTTP; two workers do what beat asks for. Before they start, sales are made
at the same pace for the idle figure: an order by the product page's form, and the signed notice of one placed
before. Afterwards everything is counted, here and at Stripe, and the auditor reads the books; it has read
them before as well, since the subscriptions are copied in.
"""

import argparse
import itertools
import os
import random
import statistics
import sys
import threading
import time
from dataclasses import dataclass, field, replace
from pathlib import Path

sys.path.append(str(Path(__file__).parent))
import _members
import _postgres
import _processes
import _proofs
import _sales
import _world
from _alipay import Keys
from _buyers import Answer, Buyers, Task
from _renewers import Renewers
from _report import OUT, Goal, conclude, table
from _web import Web
from _world import Shelf

DATABASE = "keyway_bench_renewals"
WORKERS = 2
SALES_PER_SECOND = 10.0
SEGMENT = 50
"""Sales between two looks at how far the renewals are."""

RATE, SALE_RATIO, GROWTH = 100.0, 2.0, 1.1
# Stripe has disks and cores of its own: what it writes down must not wait for ours, nor take their time.
_ELSEWHERE = "-c synchronous_commit=off"
_WARM = 0.2  # of the renewals: then a worker has seen all merchants
_WARMING = 6  # segments before the clock runs
_CONNECTIONS = 4


@dataclass(frozen=True)
class Plan:
    """How much is run."""

    size: _world.Size
    subscriptions: int
    idle_seconds: int


FULL = Plan(_world.Size(100, 150, 150), subscriptions=50_000, idle_seconds=30)
QUICK = Plan(_world.Size(50, 40, 40), subscriptions=2_000, idle_seconds=10)


@dataclass
class Times:
    """The seconds of orders and of notices, in the same order."""

    places: list[float] = field(default_factory=list)
    notices: list[float] = field(default_factory=list)

    @property
    def sales(self) -> list[float]:
        """Of whole sales."""
        return [sum(pair) for pair in zip(self.places, self.notices, strict=True)]


class Sales:
    """Buyers who come at their own pace. `paid`: how many sales were."""

    def __init__(self, web: Web, buyers: Buyers, keys: Keys, shelves: list[Shelf]) -> None:
        self._web, self._buyers, self._keys, self._shelves = web, buyers, keys, shelves
        self._draw = random.Random(2026)
        self._buyer = itertools.cycle(range(_sales.BUYERS))
        self._number = itertools.count(1)
        self._waiting = self._notices(self._run([[self._place()] for _ in range(SEGMENT)], None))
        self.paid = 0

    def segment(self, *, rate: float | None = SALES_PER_SECOND) -> Times:
        """SEGMENT sales. Each notice is of an order of the segment before."""
        answers = self._run([[self._place(), notice] for notice in self._waiting], rate)
        self.paid += len(answers)
        self._waiting = self._notices(answers)
        return Times([unit[0].seconds for unit in answers], [unit[1].seconds for unit in answers])

    def _place(self) -> bytes:
        return _sales.place(self._draw.choice(self._shelves), next(self._buyer))

    def _notices(self, answers: list[list[Answer]]) -> list[bytes]:
        return _sales.notices(answers, self._keys, self._number)

    def _run(self, units: list[list[bytes]], rate: float | None) -> list[list[Answer]]:
        done = self._buyers.run(Task(self._web.ports, _CONNECTIONS, units, rate))
        _sales.check(done)
        return done.answers


@dataclass
class Look:
    """How things stood at a moment of the run."""

    at: float
    done: int
    memory: float


class Watch(threading.Thread):
    """Looks every half second how many subscriptions are still due, and at the workers' memory."""

    def __init__(self, workers: Renewers, count: int) -> None:
        super().__init__(daemon=True)
        self._workers, self._count = workers, count
        self._began = time.perf_counter()
        self.looks: list[Look] = []
        self.finished = threading.Event()

    def run(self) -> None:
        """Until none is due."""
        import psycopg

        with psycopg.connect(_postgres.address(DATABASE), autocommit=True) as database:
            while not self.finished.wait(0.5):
                row = database.execute(_LEFT).fetchone()
                left = int(row[0]) if row else 0
                at = time.perf_counter() - self._began
                self.looks.append(Look(at, self._count - left, self._workers.memory_mb()))
                if not left:
                    self.finished.set()


# What is being charged is due again when its lease ends, within minutes.
_LEFT = """
    SELECT count(*) FROM subscriptions_subscription WHERE book = 'live' AND due_at < now() + interval '1 hour'
"""


def main() -> int:
    """Seed, run and report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="2,000 subscriptions; indicative")
    parser.add_argument("--subscriptions", type=int, default=0)
    parser.add_argument("--processes", type=int, default=2, help="web processes")
    chosen = parser.parse_args()
    usual = QUICK if chosen.quick else FULL
    plan = replace(usual, subscriptions=chosen.subscriptions or usual.subscriptions)
    with _postgres.alone():
        run = Run(plan, quick=chosen.quick, processes=chosen.processes)
    return run.report()


class Run:
    """The whole benchmark."""

    def __init__(self, plan: Plan, *, quick: bool, processes: int) -> None:
        self._plan, self._quick = plan, quick
        OUT.mkdir(exist_ok=True)
        self._address = _postgres.address(DATABASE)
        self._sandbox = Web(
            self._address, processes=1, threads=8, log=OUT / "renewals-sandbox.log",
            env={"KEYWAY_ROLE": "sandbox", "KEYWAY_ENV": "development", "PGOPTIONS": _ELSEWHERE},
            niceness=10,
        )  # fmt: skip
        began = time.perf_counter()
        keys, shelves = self._prepare()
        self.failures = [f"before: {failure}" for failure in _proofs.audited()]
        print(f"ready after {time.perf_counter() - began:.0f} s", flush=True)
        deadlocks = _postgres.deadlocks(DATABASE)
        env = {"DATABASE_URL": self._address, "OUTGOING_ALLOW": f"127.0.0.1:{self._sandbox.ports[0]}"}
        with self._sandbox, Buyers() as buyers:
            # Only now: it takes ports that are free.
            self._web = Web(self._address, processes=processes, threads=2, log=OUT / "renewals-web.log")
            with self._web:
                sales = Sales(self._web, buyers, keys, shelves)
                self._run(sales, env)
        self.deadlocks = _postgres.deadlocks(DATABASE) - deadlocks
        self._prove(sales.paid)
        self._clear()

    def _run(self, sales: Sales, env: dict[str, str]) -> None:
        for _ in range(_WARMING):
            sales.segment(rate=None)
        self.idle = self._idle(sales)
        print(f"idle: p95 of a sale {_p95_ms(self.idle.sales):.1f} ms", flush=True)
        with Renewers(WORKERS, env, OUT / "renewals-workers.log") as workers:
            self._renew(workers, sales)

    def _prepare(self) -> tuple[Keys, list[Shelf]]:
        import django

        django.setup()
        keys = _world.prepare(self._plan.size, DATABASE)
        shelves = _world.shelves()
        _members.prepare(self._plan.subscriptions, f"http://127.0.0.1:{self._sandbox.ports[0]}/stripe")
        return keys, shelves

    def _idle(self, sales: Sales) -> Times:
        times = Times()
        for _ in range(int(self._plan.idle_seconds * SALES_PER_SECOND / SEGMENT)):
            _add(times, sales.segment())
        return times

    def _renew(self, workers: Renewers, sales: Sales) -> None:
        self.busy = Times()
        before = self._cpu(workers)
        workers.go()
        watch = Watch(workers, self._plan.subscriptions)
        watch.start()
        while not watch.finished.is_set():
            times = sales.segment()
            if not watch.finished.is_set():
                _add(self.busy, times)
                workers.check()
                print(f"{watch.looks[-1].done if watch.looks else 0} renewed", flush=True)
        watch.join()
        self.looks = watch.looks
        after = self._cpu(workers)
        per = 1000 / self._plan.subscriptions
        self.cost = {name: (after[name] - before[name]) * per for name in after}

    def _cpu(self, workers: Renewers) -> dict[str, float]:
        return {
            "workers": workers.cpu(),
            "sandbox": _processes.cpu(self._sandbox.roots),
            "web": _processes.cpu(self._web.roots),
            "postgres": _processes.cpu(_postgres.processes()),
        }

    def _prove(self, sold: int) -> None:
        events, seconds = _proofs.relay()
        self.relayed = seconds * 1e6 / max(1, events)
        self.failures += _proofs.renewed(self._plan.subscriptions, sold=sold)
        self.failures += _proofs.audited()

    def _clear(self) -> None:
        from django.db import connections

        connections.close_all()
        _postgres.drop(DATABASE)

    def report(self) -> int:
        """The table, the figures and the goals."""
        rate = self._plan.subscriptions / self.looks[-1].at
        warm = next(look for look in self.looks if look.done >= _WARM * self._plan.subscriptions)
        growth = self.looks[-1].memory / warm.memory
        ratio = _p95_ms(self.busy.sales) / _p95_ms(self.idle.sales)
        figures = {
            "subscriptions": self._plan.subscriptions,
            "seconds": round(self.looks[-1].at, 1),
            "cpu_us_per_renewal": {name: round(cost * 1000) for name, cost in self.cost.items()},
            "sale_p95_ms": {"idle": _rounded(self.idle), "renewing": _rounded(self.busy)},
            "worker_mb": {"warm": round(warm.memory, 1), "end": round(self.looks[-1].memory, 1)},
            "relay_us_per_event": round(self.relayed),
            "cores": os.cpu_count(),
        }
        goals = [
            Goal("renewals a second", round(rate, 1), RATE),
            Goal("p95 of a sale against idle", round(ratio, 2), SALE_RATIO, at_least=False),
            Goal("worker's memory, end against warm", round(growth, 3), GROWTH, at_least=False),
            Goal("deadlocks", self.deadlocks, 0, at_least=False),
            Goal("proofs that failed", len(self.failures), 0, at_least=False),
        ]
        failures = ["NOT PROVED\n" + "\n".join(self.failures)] if self.failures else []
        text = "\n\n".join([self._progress(), self._sale_table(), self._costs(), *failures])
        return conclude("renewals", text, figures, goals, quick=self._quick)

    def _progress(self) -> str:
        rows = []
        start = Look(0.0, 0, self.looks[0].memory)
        for tenth in range(1, 11):
            wanted = tenth * self._plan.subscriptions // 10
            look = next(look for look in self.looks if look.done >= wanted)
            if look.at > start.at:
                rate = (look.done - start.done) / (look.at - start.at)
                rows.append((look.done, f"{look.at:.0f}", f"{rate:.0f}", f"{look.memory:.0f}"))
                start = look
        return table(("renewed", "after s", "renewals/s", "largest worker MB"), rows)

    def _sale_table(self) -> str:
        rows = [
            (name, len(times.sales), *(f"{ms:.1f}" for ms in _rounded(times).values()))
            for name, times in (("idle", self.idle), ("while renewing", self.busy))
        ]
        return table(("a sale every 100 ms", "sales", "place p95 ms", "notice p95 ms", "sale p95 ms"), rows)

    def _costs(self) -> str:
        rows = [(name, f"{cost * 1000:.0f}") for name, cost in self.cost.items()]
        rows.append(("all", f"{sum(self.cost.values()) * 1000:.0f}"))
        return table(("µs of CPU a renewal, sales included", "µs"), rows)


def _add(times: Times, more: Times) -> None:
    times.places += more.places
    times.notices += more.notices


def _rounded(times: Times) -> dict[str, float]:
    parts = {"place": times.places, "notice": times.notices, "sale": times.sales}
    return {name: round(_p95_ms(seconds), 1) for name, seconds in parts.items()}


def _p95_ms(seconds: list[float]) -> float:
    return statistics.quantiles(seconds, n=20)[-1] * 1000


if __name__ == "__main__":
    sys.exit(main())
