"""Facts in, decision out: velocity limits and lists that operators edit, decisions with their reasons.

Never knows payments or settlement; it judges frozen facts. Keeps no plain e-mail or network address: what it
counts and compares are keyed fingerprints.

facts       what is judged, and what comes back
values      one form of every address, e-mail and device, its fingerprint and its masked hint
verdicts    pure: what was found → the outcome
services    assessment (assess), limits, lists, policies, reviews
"""
