"""The kernel: what every app speaks in. Pure Python, no Django, no database, no settings.

money     amounts in minor units, rates, fair division
ids       TypeIDs: a prefix that says what, a UUIDv7 that says which
clock     the one source of the time
errors    Problem: a refusal with a code, a status and facts
machine   states as a table
calendar  business days of a country
patience  when to ask again
crash     named points at which a fault test may kill the process
"""
