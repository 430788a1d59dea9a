"""The figures that bound a sale."""

from datetime import timedelta

UNPAID_PER_ADDRESS = 10
"""Unpaid orders that one network address may keep in a store: many people share one behind a carrier."""

UNPAID_PER_CONTACT = 5
"""Unpaid orders that one e-mail address may keep in a store."""

EXTENSION = timedelta(minutes=15)
MAX_EXTENSIONS = 10

MAX_ATTEMPTS = 20
"""Payments that one order may open."""

REFUND_RETRIES = 10
"""How often a person may try a refund again that its channel refused."""

ASK_AFTER = (timedelta(seconds=5), timedelta(seconds=15), timedelta(seconds=60))
"""The first pauses between questions to a channel."""

ASK_PENDING_EVERY = timedelta(seconds=60)
"""After those, while the buyer may still pay: so that a lost notice costs a minute at most."""

ASK_UNKNOWN_AFTER = (timedelta(minutes=5), timedelta(hours=1))
"""After those, where nothing waits for a buyer; the last pause repeats."""

UNKNOWN_ALERT_AFTER = timedelta(hours=24)
"""How long something may be unknown before a person has to look at it."""

HELD_FOR = timedelta(days=30)
"""How long the keys of an order under review stay reserved; a person decides long before."""
