"""Tables of webhooks."""

from .delivery import Attempt, Delivery, Lane
from .endpoint import Endpoint, Secret, SecretPlace
from .public_event import Place, PublicEvent

__all__ = ["Attempt", "Delivery", "Endpoint", "Lane", "Place", "PublicEvent", "Secret", "SecretPlace"]
