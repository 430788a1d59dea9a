"""Stripe's server, from its public documentation: the API, the hosted Checkout page, webhooks.

accounts                 registered accounts, their keys, their endpoint
wire, keys, errors       form bodies in, JSON out; idempotency keys; what is refused, in Stripe's shape
api                      which path does what
sessions, refunds        what a merchant's server asks for
disputes                 what a buyer's bank does
cards, till              the test cards, and what the buyer does at Checkout
shapes                   objects as Stripe writes them
events, signing          what the merchant's server is told; ../notifier.py sends it
plays, deeds             what happens later by itself, planned and done
movements                balance transactions
"""
