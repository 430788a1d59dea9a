"""Tables of the outbox."""

from .cursor import Cursor
from .event import Event
from .number import Number
from .parked import Parked, ParkedState

__all__ = ["Cursor", "Event", "Number", "Parked", "ParkedState"]
