"""How many wait, beside the entries of the sidebar; nothing where nothing waits."""

from django.http import HttpRequest

from . import today


def held(_: HttpRequest) -> str:
    """Paid orders that wait for a person's look."""
    return _shown(today.waiting().held)


def alerts(_: HttpRequest) -> str:
    """Open alerts."""
    return _shown(today.waiting().alerts)


def dead_events(_: HttpRequest) -> str:
    """Events that nobody could handle."""
    return _shown(today.waiting().events_dead)


def _shown(count: int) -> str:
    return "" if not count else str(count) if count < 100 else "99+"
