"""What processes cost: CPU and memory, from /proc."""

import os
import resource
from pathlib import Path

_TICK = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100


def family(roots: list[int]) -> list[int]:
    """These processes and all their descendants."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (fields := _stat(int(entry.name))):
            children.setdefault(int(fields[1]), []).append(int(entry.name))
    found, waiting = [], list(roots)
    while waiting:
        process = waiting.pop()
        found.append(process)
        waiting += children.get(process, [])
    return found


def cpu(roots: list[int]) -> float:
    """Seconds of CPU, user and system, that a family has used so far, its dead children included."""
    total = 0
    for process in family(roots):
        fields = _stat(process)
        if fields:
            total += sum(int(ticks) for ticks in fields[11:15])
    return total / _TICK


def cpu_of_children() -> float:
    """Seconds of CPU of this process's children that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def resident_mb(process: int) -> float:
    """The memory that a process has resident, in MB."""
    for line in Path(f"/proc/{process}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0.0


def _stat(process: int) -> list[str]:
    """The fields of /proc/…/stat behind the name: state, parent, …; empty for one that is gone."""
    try:
        text = Path(f"/proc/{process}/stat").read_text()
    except OSError:
        return []
    return text.rpartition(")")[2].split()
