"""The tables of memberships."""

from .invoice import Invoice
from .mandate import Mandate
from .policy import Policy
from .price_change import PriceChange
from .recurring_change import RecurringChange
from .subscription import Subscription

__all__ = ["Invoice", "Mandate", "Policy", "PriceChange", "RecurringChange", "Subscription"]
