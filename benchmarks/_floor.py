"""The floor: the least SQL of a sale, run by pgbench in a database of its own."""

import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
from _postgres import address, exists, make, pgbench, processes, rename
from _processes import cpu, cpu_of_children

FOLDER = Path(__file__).parent / "floor"
DATABASE = "keyway_bench_floor"
CLIENTS = 8


def prepare(*, quick: bool) -> None:
    """Bring the seeded database; it is seeded once and kept as a template."""
    template = f"keyway_floor_{'quick' if quick else 'full'}"
    if not exists(template):
        building = f"{template}_building"
        make(building)
        with psycopg.connect(address(building), autocommit=True) as database:
            for file in ("schema.sql", "seed_quick.sql" if quick else "seed.sql"):
                for statement in _statements((FOLDER / file).read_text()):
                    database.execute(statement.encode())
        rename(building, template)
    make(DATABASE, template=template)


@dataclass(frozen=True)
class Floor:
    """Sales a second, and the milliseconds of CPU of one: in PostgreSQL, and in pgbench."""

    rate: float
    postgres: float
    load: float

    @classmethod
    def between(cls, before: "Floor", after: "Floor") -> "Floor":
        """The middle of two runs."""
        return cls(
            (before.rate + after.rate) / 2,
            (before.postgres + after.postgres) / 2,
            (before.load + after.load) / 2,
        )


def run(seconds: int, *, hot: bool = False) -> Floor:
    """Sell so long."""
    parts = urlsplit(address(DATABASE))
    command = [
        pgbench(), "-n", "-M", "prepared", "-c", str(CLIENTS), "-j", "2", "-T", str(seconds),
        "-D", "qty=1", "-D", f"hot={int(hot)}", "-f", str(FOLDER / "both_mrow.sql"),
        "-h", str(parts.hostname), "-p", str(parts.port or 5432), "-U", str(parts.username), DATABASE,
    ]  # fmt: skip
    servers = processes()
    load, postgres = cpu_of_children(), cpu(servers)
    done = subprocess.run(
        command, env={**os.environ, "PGPASSWORD": parts.password or ""}, capture_output=True, text=True
    )
    load, postgres = cpu_of_children() - load, cpu(servers) - postgres
    found = re.search(r"tps = ([0-9.]+)", done.stdout)
    counted = re.search(r"actually processed: (\d+)", done.stdout)
    if done.returncode or found is None or counted is None:
        raise SystemExit(f"pgbench failed:\n{done.stderr[-800:]}")
    per = 1000 / max(1, int(counted[1]))
    return Floor(float(found[1]), postgres * per, load * per)


def _statements(text: str) -> list[str]:
    lines = [line.partition("--")[0] for line in text.splitlines()]
    return [statement.strip() for statement in "\n".join(lines).split(";") if statement.strip()]
