"""Facts in, decision out: velocity limits and block lists that operators edit, decisions with reasons.

Never knows payments or settlement; it judges frozen facts.
"""
