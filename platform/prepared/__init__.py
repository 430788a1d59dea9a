"""The few statements of the sale that are written by hand: planned once a connection, run on Django's own.

Planning and quoting are more than half of what such a statement costs. Owns nothing, and knows no table.
"""

from .statement import Row, Statement

__all__ = ["Row", "Statement"]
