"""The few statements of the sale that are written by hand: planned once a connection, run on Django's own.

Planning, quoting and waiting are more than half of what such a statement costs. Owns nothing, and knows no
table.

statement  what is written once and run often; `together` and `at_once`: several of them with one trip
line       a connection's names for them, and what waits for the next trip
"""

from .line import Line, Row
from .statement import Statement, at_once, together

__all__ = ["Line", "Row", "Statement", "at_once", "together"]
