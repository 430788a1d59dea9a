"""What waits for a merchant's clock, and which sweeps do it: for moving a sandbox twin's clock forward."""

from kernel.errors import said
from merchants import agenda
from payments.services import expiry, queries
from payments.subscriptions import agenda as memberships
from settlement import queries as settlement


def declare() -> None:
    """Bind the port of `merchants.agenda`."""
    agenda.declare(
        agenda.Kind(
            "order.expires",
            said("An unpaid order runs out"),
            expiry.next_end,
            ("payments.tasks.ask_channels", "payments.tasks.expire_orders"),
            queries.hasten,
        ),
        agenda.Kind("balance.available", said("Money of sales becomes available"), settlement.next_money),
        agenda.Kind(
            "settlement.closes",
            said("The running period ends and is settled"),
            settlement.next_close,
            ("settlement.tasks.settle",),
        ),
        agenda.Kind(
            "subscription.renews",
            said("The next renewal"),
            memberships.next_renewal,
            ("subscriptions.renew",),
        ),
        agenda.Kind(
            "subscription.due",
            said("The next notice, charge or try of a subscription"),
            memberships.next_step,
            ("subscriptions.renew", "subscriptions.close_orders", "subscriptions.lapse_offers"),
        ),
    )
