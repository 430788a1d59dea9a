"""Fees of a sale and of its refunds: pure figures over a snapshot of the merchant's plan."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from kernel import calendar
from kernel.money import Money, Rate, given_back


@dataclass(frozen=True, slots=True)
class FeePlan:
    """What a merchant pays for a sale and when the rest of it is free to leave.

    `fixed` maps a currency to minor units taken per payment; a currency without a row costs none.
    `settlement_days` are business days of `country` in `zone`. `version` names the row, if any.
    """

    rate: Rate
    fixed: Mapping[str, int]
    merchant_bears_channel: bool
    settlement_days: int
    country: str
    zone: str
    version: UUID | None = None

    def available_at(self, paid_at: datetime) -> datetime:
        """When money paid at `paid_at` may be used: T+`settlement_days`. Never raises for a far year."""
        return calendar.available_at(
            paid_at, business_days=self.settlement_days, country=self.country, zone=self.zone
        )


@dataclass(frozen=True, slots=True)
class SaleFees:
    """The two fees of one payment, or of the part of it that goes back."""

    platform: Money
    channel: Money
    merchant_bears_channel: bool

    @property
    def from_merchant(self) -> Money:
        """What the merchant does not get of the gross."""
        return self.platform + self.channel if self.merchant_bears_channel else self.platform


def of_sale(plan: FeePlan, gross: Money, channel_rate: Decimal) -> SaleFees:
    """The fees of a payment of `gross`. Each percentage rounds half-up, once.

    The merchant never pays more than the gross: where both fees do not fit, the platform's gives way,
    because the channel has taken its own already.
    """
    channel = min(gross, Rate(channel_rate).of(gross))
    room = gross - channel if plan.merchant_bears_channel else gross
    asked = plan.rate.of(gross) + Money(plan.fixed.get(gross.currency, 0), gross.currency)
    return SaleFees(min(asked, room), channel, plan.merchant_bears_channel)


def of_refund(fees: SaleFees, *, gross: Money, refunded: Money, returned: SaleFees) -> SaleFees:
    """What goes back of `fees` once `refunded` of the `gross` is refunded in all, this refund included.

    `returned` is the sum of what earlier refunds gave back; see `kernel.money.given_back`.
    """
    if refunded > gross:  # another currency is refused here as well
        raise ValueError("of_refund() takes refunded <= gross.")

    def back(part: Money, before: Money) -> Money:
        units = given_back(
            part=part.amount, whole=gross.amount, refunded=refunded.amount, returned=before.amount
        )
        return Money(units, part.currency)

    return SaleFees(
        back(fees.platform, returned.platform),
        back(fees.channel, returned.channel),
        fees.merchant_bears_channel,
    )
