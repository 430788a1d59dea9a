"""The verbs of subscriptions. Each owns its transaction unless it says that it runs in the caller's.

Order of locks: order, payment, subscription, invoice, entitlement, ledger accounts. Who holds a subscription
locks no order that stands already.
"""
