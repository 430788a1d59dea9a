"""What beat asks of the sale. The database holds the work; a run takes a bounded part and may be repeated."""

from celery import shared_task

from .services import expiry, payout_alerts, sweeps

_ORDERS, _QUESTIONS, _NOTICES, _REFUNDS, _PAYOUTS = 500, 500, 200, 200, 100


@shared_task(name="payments.tasks.expire_orders")
def expire_orders() -> int:
    """End unpaid orders whose time is up."""
    return expiry.sweep(_ORDERS)


@shared_task(name="payments.tasks.ask_channels")
def ask_channels() -> int:
    """Ask channels about payments that are open."""
    return sweeps.ask_channels(_QUESTIONS)


@shared_task(name="payments.tasks.sweep_notices")
def sweep_notices() -> int:
    """Confirm notices that were kept."""
    return sweeps.confirm_notices(_NOTICES)


@shared_task(name="payments.tasks.sweep_refunds")
def sweep_refunds() -> int:
    """Ask about refunds, and send what was set aside."""
    return sweeps.send_refunds(_REFUNDS)


@shared_task(name="payments.tasks.watch_payouts")
def watch_payouts() -> int:
    """Show operators the payouts of which the bank has said nothing for a day."""
    return payout_alerts.watch(_PAYOUTS)
