"""What beat asks of settlement. The database holds the work; a run takes a bounded part of it."""

from celery import shared_task

from .services import cycles, rates, transfers

_PERIODS, _TRANSFERS = 2_000, 200


@shared_task(name="settlement.tasks.settle")
def settle() -> int:
    """Close, state and draft what is due. Gives how many periods were settled."""
    return cycles.sweep(_PERIODS)


@shared_task(name="settlement.tasks.move_payouts")
def move_payouts() -> int:
    """Send payouts that two have approved, and ask about those that were sent."""
    return transfers.sweep(_TRANSFERS)


@shared_task(name="settlement.rates.update")
def update_rates() -> int:
    """Fetch the European Central Bank's exchange rates, where an address is set. Gives how many are new."""
    return rates.update()
