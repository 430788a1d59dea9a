"""A simulated month, played without its command."""

from datetime import timedelta

from kernel import clock
from keyway.simulation import world
from keyway.simulation.diary import Diary
from keyway.simulation.month import Month


def play(sales: int, seed: int = 1) -> tuple[world.World, Diary]:
    """A month of so many sales, from its first day until its last money is settled."""
    first = world.first_moment("2026-03-01")
    with clock.telling(first - timedelta(days=1)):
        people = world.opened(seed, keys=sales * 2)
    month = Month(people, first, seed)
    for _ in month.play(sales):
        pass
    return people, month.diary
