"""script/bench sale [--quick]: place and notice over HTTP, against the least SQL that a sale can be made of.

Rounds are interleaved: the floor (pgbench, 8 clients), Keyway over 8 connections at random merchants, the
floor again, Keyway at one hot merchant; the ratio is that of each round, with its own floor. A round of
Keyway has three parts: orders are placed; then each connection places an order and sends the signed notice
of one placed before, by turns (this is the figure); then the remaining notices are sent. Notices are signed
between the parts, so that the signing is not in the clock. Placing is the product page's form paying by
Alipay's page, from 5,000 buyers' addresses through the trusted proxy; risk, ledger, audit, outbox and vault
do their work. The relay runs behind each round; its cost stands apart.
"""

import argparse
import itertools
import os
import random
import statistics
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

sys.path.append(str(Path(__file__).parent))
import _floor
import _postgres
import _processes
import _proofs
import _sales
import _world
from _alipay import Keys
from _buyers import Answer, Buyers, Request, Task
from _report import OUT, Goal, conclude, table
from _web import Web
from _world import Shelf

CONNECTIONS = 8
RATIO, HOT_RATIO, PLACE_MS, NOTICE_MS, MEMORY_MB = 0.15, 0.8, 60.0, 40.0, 250.0


@dataclass(frozen=True)
class Plan:
    """How much is run."""

    size: _world.Size
    rounds: int
    floor_seconds: int
    half_load_seconds: int
    sales: int


FULL = Plan(_world.FULL, rounds=9, floor_seconds=3, half_load_seconds=15, sales=800)
QUICK = Plan(_world.QUICK, rounds=2, floor_seconds=1, half_load_seconds=3, sales=300)


@dataclass(frozen=True)
class Cost:
    """Milliseconds of CPU for one unit: in the web processes, in PostgreSQL, in the load."""

    web: float
    postgres: float
    load: float


@dataclass(frozen=True)
class Part:
    """One part of a round: units a second, what one costs, and how long answers took."""

    rate: float
    cost: Cost
    answers: list[list[Answer]]


@dataclass
class Round:
    """One round of Keyway."""

    place: Part
    both: Part
    notice: Part
    notices: list[Request] = field(repr=False)


class Bench:
    """The web role, the load, and everything that is sold."""

    def __init__(self, web: Web, buyers: Buyers, keys: Keys, shelves: Sequence[Shelf]) -> None:
        self._web, self._buyers, self._keys = web, buyers, keys
        self._shelves = shelves
        self._draw = random.Random(2026)
        self._buyer = itertools.cycle(range(_sales.BUYERS))
        self._number = itertools.count(1)
        self.paid = 0

    def round(self, sales: int, *, hot: bool) -> Round:
        """Place, both by turns, notice."""
        place = self._part([[request] for request in self._places(sales, hot=hot)])
        first = self._notices(place.answers)
        units = [list(pair) for pair in zip(self._places(sales, hot=hot), first, strict=True)]
        both = self._part(units)
        second = self._notices(both.answers)
        notice = self._part([[request] for request in second])
        return Round(place, both, notice, first + second)

    def paced(self, sales: int, rate: float) -> tuple[list[float], list[float]]:
        """The seconds of places and of notices at `rate` sales a second."""
        waiting = self._notices(self._part([[request] for request in self._places(sales, hot=False)]).answers)
        units = [list(pair) for pair in zip(self._places(sales, hot=False), waiting, strict=True)]
        both = self._part(units, rate=rate)
        self._part([[request] for request in self._notices(both.answers)])
        return [one[0].seconds for one in both.answers], [one[1].seconds for one in both.answers]

    def replay(self, requests: Iterable[Request]) -> None:
        """Send notices that were applied once more."""
        self._part([[request] for request in requests], are_repeats=True)

    def _part(
        self, units: list[list[Request]], *, rate: float | None = None, are_repeats: bool = False
    ) -> Part:
        servers = _postgres.processes()
        web, postgres = _processes.cpu(self._web.roots), _processes.cpu(servers)
        done = self._buyers.run(Task(self._web.ports, CONNECTIONS, units, rate))
        web, postgres = _processes.cpu(self._web.roots) - web, _processes.cpu(servers) - postgres
        accepted = _sales.check(done)
        self.paid += 0 if are_repeats else accepted
        per = 1000 / len(units)
        cost = Cost(web * per, postgres * per, done.cpu * per)
        return Part(len(units) / done.seconds, cost, done.answers)

    def _places(self, count: int, *, hot: bool) -> Iterator[Request]:
        for _ in range(count):
            shelf = self._shelves[0] if hot else self._draw.choice(self._shelves[1:])
            yield _sales.place(shelf, next(self._buyer))

    def _notices(self, answers: list[list[Answer]]) -> list[Request]:
        """The signed notices for the orders that these answers lead to."""
        return _sales.notices(answers, self._keys, self._number)


def main() -> int:
    """Run the rounds and report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a small data set; indicative")
    parser.add_argument("--rounds", type=int, default=0)
    parser.add_argument("--sales", type=int, default=0, help="orders in each part of a round")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 2, help="web processes")
    parser.add_argument("--threads", type=int, default=2, help="threads of each")
    chosen = parser.parse_args()
    usual = QUICK if chosen.quick else FULL
    plan = replace(usual, rounds=chosen.rounds or usual.rounds, sales=chosen.sales or usual.sales)
    with _postgres.alone():
        run = Run(plan, quick=chosen.quick, processes=chosen.processes, threads=chosen.threads)
    return run.report()


class Run:
    """The whole benchmark."""

    def __init__(self, plan: Plan, *, quick: bool, processes: int, threads: int) -> None:
        self._plan, self._quick, self._processes = plan, quick, processes
        self.floors: list[_floor.Floor] = []
        self.random: list[Round] = []
        self.hot: list[Round] = []
        self.relayed: list[float] = []
        self.failures: list[str] = []
        OUT.mkdir(exist_ok=True)
        began = time.perf_counter()
        keys, shelves = self._prepare()
        print(f"ready after {time.perf_counter() - began:.0f} s", flush=True)
        web = Web(
            _postgres.address(_world.DATABASE), processes=processes, threads=threads, log=OUT / "sale-web.log"
        )
        before = _postgres.deadlocks(_world.DATABASE)
        with web, Buyers() as buyers:
            bench = Bench(web, buyers, keys, shelves)
            self._warm(bench)
            for number in range(plan.rounds):
                self._round(bench, number)
            self._half_load(bench)
            self.memory = web.largest_mb()
        self.deadlocks = _postgres.deadlocks(_world.DATABASE) - before
        self._clear()

    def _prepare(self) -> tuple[Keys, list[Shelf]]:
        import django

        django.setup()
        _floor.prepare(quick=self._quick)
        return _world.prepare(self._plan.size), _world.shelves()

    def _warm(self, bench: Bench) -> None:
        """A web process lives for days: when the clock begins, it has seen most of its merchants before."""
        _floor.run(1)
        bench.round(4 * self._plan.size.merchants, hot=False)
        bench.round(50, hot=True)

    def _round(self, bench: Bench, number: int) -> None:
        before = _floor.run(self._plan.floor_seconds)
        self.random.append(bench.round(self._plan.sales, hot=False))
        after = _floor.run(self._plan.floor_seconds)
        self.floors.append(_floor.Floor.between(before, after))
        self.hot.append(bench.round(self._plan.sales, hot=True))
        events, seconds = _proofs.relay()
        self.relayed.append(seconds * 1e6 / max(1, events))
        self._prove(bench, [*self.random[-1].notices, *self.hot[-1].notices])
        rates = f"random {self.random[-1].both.rate:.0f}/s, hot {self.hot[-1].both.rate:.0f}/s"
        print(f"round {number + 1}: floor {self.floors[-1].rate:.0f}/s, {rates}", flush=True)

    def _prove(self, bench: Bench, notices: list[Request]) -> None:
        self.failures += _proofs.whole(bench.paid)
        before = _proofs.content()
        bench.replay(notices)
        changed = [name for name, rows in _proofs.content().items() if rows != before[name]]
        if changed:
            self.failures.append(f"notices that came again changed {', '.join(changed)}")
        self.failures += _proofs.audited()

    def _half_load(self, bench: Bench) -> None:
        rate = statistics.median(one.both.rate for one in self.random) / 2
        places, notices = bench.paced(max(100, int(rate * self._plan.half_load_seconds)), rate)
        self.half_rate = rate
        self.place_ms, self.notice_ms = _p95_ms(places), _p95_ms(notices)

    def _clear(self) -> None:
        from django.db import connections

        from keyway.celery import app

        connections.close_all()
        app.control.purge()
        _postgres.drop(_world.DATABASE)
        _postgres.drop(_floor.DATABASE)

    def report(self) -> int:
        """The table, the figures and the goals."""
        floor = statistics.median(one.rate for one in self.floors)
        rate = statistics.median(one.both.rate for one in self.random)
        hot = statistics.median(one.both.rate for one in self.hot)
        # Of each round, since the machine is another one from minute to minute.
        pairs = list(zip(self.floors, self.random, self.hot, strict=True))
        ratio = statistics.median(random.both.rate / floor.rate for floor, random, _ in pairs)
        hot_ratio = statistics.median(hot.both.rate / random.both.rate for _, random, hot in pairs)
        text = "\n\n".join([self._rates(), self._costs(), *self._failures()])
        figures = {
            "floor_sales_per_s": round(floor, 1),
            "sales_per_s": round(rate, 1),
            "hot_sales_per_s": round(hot, 1),
            "half_load_sales_per_s": round(self.half_rate, 1),
            "cpu_us_per_sale": self._cpu_us(),
            "relay_us_per_event": round(statistics.median(self.relayed)),
            "web_processes": self._processes,
            "proofs_failed": len(self.failures),
        }
        goals = [
            Goal("rate against the floor", round(ratio, 3), RATIO),
            Goal("hot merchant against random ones", round(hot_ratio, 3), HOT_RATIO),
            Goal("p95 of place at half load, ms", round(self.place_ms, 1), PLACE_MS, at_least=False),
            Goal("p95 of notice at half load, ms", round(self.notice_ms, 1), NOTICE_MS, at_least=False),
            Goal("largest web process, MB", round(self.memory), MEMORY_MB, at_least=False),
            Goal("deadlocks", self.deadlocks, 0, at_least=False),
            Goal("proofs that failed", len(self.failures), 0, at_least=False),
        ]
        return conclude("sale", text, figures, goals, quick=self._quick)

    def _rates(self) -> str:
        head = ("round", "floor/s", "random/s", "ratio", "hot/s", "hot ratio", "place ms", "notice ms")
        rows = [
            (
                place + 1,
                f"{floor.rate:.0f}",
                f"{one.both.rate:.0f}",
                f"{one.both.rate / floor.rate:.3f}",
                f"{hot.both.rate:.0f}",
                f"{hot.both.rate / one.both.rate:.2f}",
                f"{statistics.median(unit[0].seconds for unit in one.both.answers) * 1000:.1f}",
                f"{statistics.median(unit[1].seconds for unit in one.both.answers) * 1000:.1f}",
            )
            for place, (floor, one, hot) in enumerate(zip(self.floors, self.random, self.hot, strict=True))
        ]
        return f"sales a second, {CONNECTIONS} connections\n\n{table(head, rows)}"

    def _costs(self) -> str:
        floor = _median(Cost(0.0, one.postgres, one.load) for one in self.floors)
        rows = [
            (
                name,
                *(
                    f"{value * 1000:.0f}"
                    for value in (cost.web + cost.postgres, cost.web, cost.postgres, cost.load)
                ),
            )
            for name, cost in [*self._steps(), ("the floor", floor)]
        ]
        relayed = f"relay, behind the sale: {statistics.median(self.relayed):.0f} µs an event"
        head = ("step", "both", "web", "postgres", "load (apart)")
        return f"µs of CPU a sale\n\n{table(head, rows)}\n{relayed}"

    def _steps(self) -> list[tuple[str, Cost]]:
        return [
            ("place, random", _median(one.place.cost for one in self.random)),
            ("notice, random", _median(one.notice.cost for one in self.random)),
            ("both by turns, random", _median(one.both.cost for one in self.random)),
            ("place, hot", _median(one.place.cost for one in self.hot)),
            ("notice, hot", _median(one.notice.cost for one in self.hot)),
            ("both by turns, hot", _median(one.both.cost for one in self.hot)),
        ]

    def _cpu_us(self) -> dict[str, dict[str, int]]:
        return {
            name: {"web": round(cost.web * 1000), "postgres": round(cost.postgres * 1000)}
            for name, cost in self._steps()
        }

    def _failures(self) -> list[str]:
        return ["NOT PROVED\n" + "\n".join(self.failures)] if self.failures else []


def _median(costs: Iterable[Cost]) -> Cost:
    kept = list(costs)
    return Cost(
        statistics.median(cost.web for cost in kept),
        statistics.median(cost.postgres for cost in kept),
        statistics.median(cost.load for cost in kept),
    )


def _p95_ms(seconds: list[float]) -> float:
    return statistics.quantiles(seconds, n=20)[-1] * 1000


if __name__ == "__main__":
    sys.exit(main())
