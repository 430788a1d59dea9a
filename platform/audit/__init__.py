"""Who did what to which, from where, why: append-only, and chained by hashes behind the commit.

trail      record and record_many: what is written in the transaction of the deed itself
origins    the port by which an address is sealed (bound by keyway)
queries    reading it back
chain      the hashes, and their check
"""

from .trail import Row, record, record_many

__all__ = ["Row", "record", "record_many"]
