"""The sale: orders, checkout, payments, channels, notices, delivery, refunds.

Data flow one way: catalogue, order, payment, notice, delivery and ledger.
"""
