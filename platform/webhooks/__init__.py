"""Webhooks: what happened, told to the servers of the merchants it happened to.

Standard Webhooks on the wire: signed, at least once, in order per object and endpoint. Never calls a server
while a transaction is open, and never lets a slow endpoint delay another.

topics     the catalogue of public events; apps publish theirs in their own `events.py`
bodies     the bytes of an event: made once, kept, the same at every attempt
schedule   pure: when to try again, and what an answer means
services   endpoints, secrets, fan-out, claims, calls, outcomes, resends, retention
"""

from .topics import Topic, publish

__all__ = ["Topic", "publish"]
