"""The sale: orders, payments, channels, notices, delivery, refunds.

Data flow one way: catalogue, order, payment, notice, delivery and ledger. What must be true together is one
transaction; no transaction is open while a channel is asked; what a channel does not say is asked about under
the same number until it is known.

states, models   tables of moves, and the rows that keep to them
services         the verbs
channels         adapters to real channels; `sandbox` plays the channels' own side and never imports them
postings         business facts → ledger legs; invariants: what the auditor checks
pages, api       what buyers and merchants see; where channels send
"""
