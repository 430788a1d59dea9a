"""Memberships: subscriptions that renew by themselves, the invoices of their periods, and buyers' mandates.

A subscription's order is an order of the sale, and the sale reaches this app by one port,
`payments/memberships.py`. `due_at` is what drives a subscription; a worker that takes one up and dies is
continued by the next.

billing    the arithmetic: anchors, proration, dunning, recurring revenue; pure
services   the verbs. Order of locks: order, payment, subscription, invoice, entitlement, ledger
states     subscriptions, invoices, mandates and price changes, each with its table of moves
"""
