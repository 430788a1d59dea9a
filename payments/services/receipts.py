"""Receipts: a piece of money that came, with its fees, its times and the order that it is for."""

from dataclasses import dataclass, replace
from datetime import datetime

from kernel.actors import Actor, ActorKind
from kernel.books import Book
from kernel.money import Money
from ledger.legs import Posting
from settlement import fees, plans

from .. import postings
from ..postings import Books, Receipt
from ..states import Fulfilment, Use
from .verdicts import Standing, Told, Verdict


@dataclass(slots=True)
class Sale:
    """Money on its way through a confirmation. `late`: its order had ended before it came."""

    standing: Standing
    told: Told
    use: Use
    receipt: Receipt
    late: bool
    other_amount: bool = False  # not what was asked for: the order ends its waiting
    fulfilment: Fulfilment | None = None
    delivered: int = 0

    @property
    def posting(self) -> Posting:
        """What the ledger is told."""
        if self.use is Use.SURPLUS:
            return postings.surplus(self.receipt)
        return postings.captured(self.receipt)


def sale_of(standing: Standing, told: Told, verdict: Verdict, *, late: bool, now: datetime) -> Sale:
    """The money with its fees by the merchant's plan, dated on the merchant's clock."""
    other_amount = verdict is Verdict.OTHER_AMOUNT
    use = Use.SURPLUS if other_amount or verdict is Verdict.SURPLUS else Use.APPLIED
    paid_at = standing.paid_at(told.occurred_at, now + standing.clock_ahead)
    plan = plans.of(standing.merchant_id)
    receipt = Receipt(
        payment_id=standing.payment_id,
        order_id=standing.order_id,
        books=Books(standing.merchant_id, standing.account_id, standing.currency, Book(standing.book)),
        gross=told.paid,
        fees=_fees(plan, told.paid, standing, use),
        available_at=paid_at if use is Use.SURPLUS else plan.available_at(paid_at),
        occurred_at=paid_at,
        actor=Actor(ActorKind.CHANNEL, standing.account_id),
        discount=0 if use is Use.SURPLUS else standing.discount,
        promotion=0 if use is Use.SURPLUS else standing.promotion,
    )
    return Sale(standing, told, use, receipt, late, other_amount)


def turn_away(sale: Sale) -> None:
    """There is nothing any more that this money could pay for: it is surplus, and goes back."""
    receipt = sale.receipt
    none = fees.SaleFees(Money(0, receipt.gross.currency), receipt.fees.channel, merchant_bears_channel=False)
    sale.use, sale.late = Use.SURPLUS, True
    sale.receipt = replace(receipt, fees=none, available_at=receipt.occurred_at, discount=0, promotion=0)


def _fees(plan: fees.FeePlan, gross: Money, standing: Standing, use: Use) -> fees.SaleFees:
    taken = fees.of_sale(plan, gross, standing.channel_rate)
    if use is Use.SURPLUS:
        # Money that goes back earns the platform nothing, and costs the merchant nothing.
        return fees.SaleFees(Money(0, gross.currency), taken.channel, merchant_bears_channel=False)
    return taken
