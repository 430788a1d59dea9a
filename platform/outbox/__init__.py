"""What happened: events written in the transaction that caused them, numbered and relayed after it.

Never calls the world inside a transaction, and never loses or reorders the events of one object.

emission     emit: one INSERT, and a hint to the workers that costs the caller nothing
relay        numbers committed events; readers page by number and miss none, however late it commits
subscribers  who wants which topics
services     deliveries: at least once, in order per subject, one failing event holds back its subject only
"""

from .emission import Event, emit
from .subscribers import Received, subscriber

__all__ = ["Event", "Received", "emit", "subscriber"]
