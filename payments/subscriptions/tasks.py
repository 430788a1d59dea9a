"""What beat asks of memberships. The database holds the work; a run takes a bounded part, and may repeat."""

from celery import shared_task

from .services import price_changes, renewals, sweeps

_DUE, _MANDATES, _ORDERS, _OFFERS, _BALANCES = 5_000, 100, 100, 500, 100


@shared_task(name="subscriptions.renew")
def renew() -> int:
    """Do what is due: notices, charges, the schedule of tries, pauses and ends."""
    return renewals.run(_DUE)


@shared_task(name="subscriptions.ask_mandates")
def ask_mandates() -> int:
    """Ask channels about mandates, and have them forget those that ended."""
    return sweeps.ask_mandates(_MANDATES)


@shared_task(name="subscriptions.close_orders")
def close_orders() -> int:
    """End the orders of subscriptions that are over."""
    return sweeps.close_orders(_ORDERS)


@shared_task(name="subscriptions.give_back")
def give_back() -> int:
    """Give back the balances of subscriptions that are over."""
    return sweeps.give_back(_BALANCES)


@shared_task(name="subscriptions.lapse_offers")
def lapse_offers() -> int:
    """End offers of another price that nobody answered: nothing changes by them."""
    return price_changes.lapse(_OFFERS)
