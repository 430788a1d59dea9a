"""Whose money it is and when it leaves: fee plans, fees, availability, statements, payouts.

Never knows payments; it takes frozen facts and gives figures or postings.
"""
