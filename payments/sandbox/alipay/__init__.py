"""Alipay's server, from its public documentation: gateway, wallet, notifications.

signing, yuan, beijing   how Alipay writes signatures, amounts and times
calls, answers           a signed call in, a signed answer out; errors names what is refused
gateway                  which method does what
apps                     registered apps and their keys
trades, refunds          what a merchant's server asks for
wallet                   what the buyer does in the cashier
notices                  what the merchant's server is told; ../notifier.py sends it
magic                    what goes wrong on purpose; ../faults.py plays it on the wire
"""
