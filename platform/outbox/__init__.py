"""What happened: events written in the transaction that caused them, numbered and relayed after it.

Never calls the world inside a transaction, and never loses or reorders the events of one object.
"""
