"""Whose money it is: a double-entry ledger that the database itself keeps right.

Owns accounts, transactions, entries and closes. `posting` is the only writer; triggers refuse everybody else.
Never knows what an order or a payment is: it takes legs and references.
"""
