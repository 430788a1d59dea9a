"""Tables of webhooks."""

from .delivery import Attempt, Delivery, Lane
from .endpoint import Endpoint, Secret, SecretPlace
from .public_event import PublicEvent

__all__ = ["Attempt", "Delivery", "Endpoint", "Lane", "PublicEvent", "Secret", "SecretPlace"]
