"""Whose money it is: a double-entry ledger that the database itself keeps right.

Owns accounts, transactions, entries, closes and the chain of hashes over them. Debit is positive, credit
negative.

legs        what is posted: AccountKey, Leg, Posting
posting     the only writer; triggers refuse everybody else's mistakes
balances    what an account holds, and its lines
closes      period ends, an account at a time, while sales go on
redating, reversals   postings that move money in time, or take it back
chain       hashes over what was committed
auditor     every invariant, derived again from raw rows

Never knows what an order or a payment is: it takes legs and references.
"""
