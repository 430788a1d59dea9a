"""The floor: the least SQL of a sale, run by pgbench in a database of its own."""

import os
import re
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
from _postgres import address, exists, make, pgbench, rename
from _processes import cpu_of_children

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


def run(seconds: int, *, hot: bool = False) -> tuple[float, float]:
    """Sales per second, and the seconds of CPU that pgbench itself took for each."""
    parts = urlsplit(address(DATABASE))
    command = [
        pgbench(), "-n", "-M", "prepared", "-c", str(CLIENTS), "-j", "2", "-T", str(seconds),
        "-D", "qty=1", "-D", f"hot={int(hot)}", "-f", str(FOLDER / "both_mrow.sql"),
        "-h", str(parts.hostname), "-p", str(parts.port or 5432), "-U", str(parts.username), DATABASE,
    ]  # fmt: skip
    before = cpu_of_children()
    done = subprocess.run(
        command, env={**os.environ, "PGPASSWORD": parts.password or ""}, capture_output=True, text=True
    )
    found = re.search(r"tps = ([0-9.]+)", done.stdout)
    counted = re.search(r"actually processed: (\d+)", done.stdout)
    if done.returncode or found is None or counted is None:
        raise SystemExit(f"pgbench failed:\n{done.stderr[-800:]}")
    return float(found[1]), (cpu_of_children() - before) / max(1, int(counted[1]))


def _statements(text: str) -> list[str]:
    lines = [line.partition("--")[0] for line in text.splitlines()]
    return [statement.strip() for statement in "\n".join(lines).split(";") if statement.strip()]
