"""What happened, as the buyers would tell it: nothing in here was read from the ledger."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID


@dataclass(slots=True)
class Sale:
    """An order that was paid. `gross` and the refunds are minor units of the merchant's currency."""

    merchant_id: UUID
    order_id: UUID
    paid_at: datetime  # when the buyer paid
    known_at: datetime  # when we heard of it: later, where the notice was late
    gross: int
    refunds: list[tuple[datetime, int]] = field(default_factory=list)

    @property
    def refunded(self) -> int:
        """How much went back so far."""
        return sum(amount for _, amount in self.refunds)


@dataclass(slots=True)
class Diary:
    """The month. `payouts` maps a payout's number to how its bank ended it."""

    sales: list[Sale] = field(default_factory=list)
    left: int = 0  # orders that nobody paid
    late: int = 0  # notices that came late
    lost: int = 0  # notices that never came
    payouts: dict[str, str] = field(default_factory=dict)

    def of(self, merchant_id: UUID) -> list[Sale]:
        """The sales of one merchant, in the order in which we heard of them."""
        return [sale for sale in self.sales if sale.merchant_id == merchant_id]
