"""The demo that `manage.py seed_demo` sows: real rows, made by the services that everybody uses.

goods      what is sold: stores, products, prices, texts
people     who signs in, and with what
trade      merchants under the demo licence, their twins, fee plans and accounts at the sandbox
settling   the sandbox's bank, the merchants' bank accounts and schedules
keys       10,000 card keys, imported like any others
history    a week of orders: paid, held, given back, expired, waiting
members    who belongs to the club, and what became of each
memberships  their two and a half months, renewal by renewal
"""
