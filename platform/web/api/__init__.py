"""What every endpoint stands on: refusals, parsing, ids and money as JSON, lists by cursor, idempotency.

Nothing here knows a merchant: who calls is a `Caller`, and every query of an endpoint starts from its
merchant.
"""
