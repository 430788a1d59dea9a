"""The figures that bound a sale."""

from datetime import timedelta

from kernel.patience import ASK_AFTER as ASK_AFTER

UNPAID_PER_ADDRESS = 10
"""Unpaid orders that one network address may keep in a store: many people share one behind a carrier."""

UNPAID_PER_CONTACT = 5
"""Unpaid orders that one e-mail address may keep in a store."""

EXTENSION = timedelta(minutes=15)
MAX_EXTENSIONS = 2
"""How often a buyer may take more time for an order, and how much each time; the database knows both."""

MAX_ATTEMPTS = 20
"""Payments that one order may open."""

REFUND_RETRIES = 10
"""How often a person may try a refund again that its channel refused."""

ASK_PENDING_EVERY = timedelta(seconds=60)
"""After the first pauses, while the buyer may still pay: so that a lost notice costs a minute at most."""

UNKNOWN_ALERT_AFTER = timedelta(hours=24)
"""How long something may be unknown before a person has to look at it."""

HELD_FOR = timedelta(days=30)
"""How long the keys of an order under review stay reserved; a person decides long before."""
