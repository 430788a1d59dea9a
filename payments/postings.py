"""Business fact → ledger legs. Pure.

Debit is positive, credit negative. Every posting of a sale is mirrored by its refunds, to the unit:

captured   channel_receivable +(gross − channel fee), merchant −gross, merchant +platform fee,
           merchant +channel fee (channel_fee +channel fee, where the platform bears it),
           platform_fee −platform fee; where the platform carries a discount: promotion +discount,
           merchant −discount
surplus    channel_receivable +(gross − channel fee), surplus −gross, channel_fee +channel fee
set aside  the mirror of the part that goes back, refund_transit in the place of the channel's receivable
sent       refund_transit cleared against channel_receivable: the channel has paid it out
given up   set aside, reversed: the channel has refused
returned   sent, reversed: the channel had called it done, and got the money back; then it is given up

The merchant's legs carry the time at which the money may be used; a refund's carry that of its sale.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from kernel import ids
from kernel.actors import Actor
from kernel.books import Book
from kernel.money import Money
from ledger.legs import AccountKey, Leg, Posting
from ledger.purposes import OwnerKind, Purpose
from settlement.fees import SaleFees

CAPTURED = "payment.captured"
SURPLUS = "payment.surplus"
SET_ASIDE = "refund.set_aside"
SENT = "refund.sent"
GIVEN_UP = "refund.given_up"
RETURNED = "refund.returned"


@dataclass(frozen=True, slots=True)
class Books:
    """Whose accounts a payment touches."""

    merchant_id: UUID
    account_id: UUID
    currency: str
    book: Book

    @property
    def merchant(self) -> AccountKey:
        """What the merchant has coming."""
        return self._key(OwnerKind.MERCHANT, self.merchant_id, Purpose.MERCHANT)

    @property
    def surplus(self) -> AccountKey:
        """Buyers' money that came besides an order."""
        return self._key(OwnerKind.MERCHANT, self.merchant_id, Purpose.SURPLUS)

    @property
    def transit(self) -> AccountKey:
        """Money set aside for refunds whose end is not known."""
        return self._key(OwnerKind.CHANNEL_ACCOUNT, self.account_id, Purpose.REFUND_TRANSIT)

    @property
    def receivable(self) -> AccountKey:
        """What the channel owes."""
        return self._key(OwnerKind.CHANNEL_ACCOUNT, self.account_id, Purpose.CHANNEL_RECEIVABLE)

    @property
    def dispute_hold(self) -> AccountKey:
        """The merchant's money that a dispute holds."""
        return self._key(OwnerKind.MERCHANT, self.merchant_id, Purpose.DISPUTE_HOLD)

    @property
    def platform_fee(self) -> AccountKey:
        """The platform's income."""
        return self._key(OwnerKind.PLATFORM, None, Purpose.PLATFORM_FEE)

    @property
    def promotion(self) -> AccountKey:
        """Discounts that the platform carries."""
        return self._key(OwnerKind.PLATFORM, None, Purpose.PROMOTION)

    @property
    def channel_fee(self) -> AccountKey:
        """Channel fees that the platform bears."""
        return self._key(OwnerKind.PLATFORM, None, Purpose.CHANNEL_FEE)

    def _key(self, owner_kind: OwnerKind, owner_id: UUID | None, purpose: Purpose) -> AccountKey:
        return AccountKey(owner_kind, owner_id, purpose, self.currency, self.book)


@dataclass(frozen=True, slots=True)
class Receipt:
    """Money that came: `gross` from the buyer, of which the channel keeps its fee."""

    payment_id: UUID
    order_id: UUID
    books: Books
    gross: Money
    fees: SaleFees
    available_at: datetime
    occurred_at: datetime
    actor: Actor
    discount: int = 0  # what coupons took off the price, minor units
    promotion: int = 0  # of it, what the platform makes up for


@dataclass(frozen=True, slots=True)
class Return:
    """Money that goes back: `gross` to the buyer, with the part of the fees that is given back with it."""

    refund_id: UUID
    payment_id: UUID
    books: Books
    gross: Money
    fees: SaleFees
    available_at: datetime
    occurred_at: datetime
    actor: Actor
    guarded: bool  # the merchant gives it, and must have it
    surplus: bool  # it was never the merchant's
    turn: int = 0  # how often it had been tried before
    promotion: int = 0  # what the platform takes back with it of a discount that it carries

    @property
    def net(self) -> int:
        """What the channel pays of what it owes, in minor units; 0: its fee for so little is as much."""
        return self.gross.amount - self.fees.channel.amount

    def reference(self, kind: str) -> str:
        """The name of this refund's posting of a kind; each turn has its own."""
        name = f"refund:{ids.encode('rfd', self.refund_id)}:{kind.partition('.')[2]}"
        return f"{name}:{self.turn + 1}" if self.turn else name


def received(payment_id: UUID, *, surplus: bool) -> str:
    """The reference of the posting by which a payment's money came."""
    return _received_as(payment_id, SURPLUS if surplus else CAPTURED)


def captured(receipt: Receipt) -> Posting:
    """A payment that pays its order."""
    books, fees, gross = receipt.books, receipt.fees, receipt.gross.amount
    bearer = books.merchant if fees.merchant_bears_channel else books.channel_fee
    return _received(
        CAPTURED,
        receipt,
        [
            (books.receivable, gross - fees.channel.amount),
            (books.merchant, -gross),
            (books.merchant, fees.platform.amount),
            (bearer, fees.channel.amount),
            (books.platform_fee, -fees.platform.amount),
            (books.promotion, receipt.promotion),
            (books.merchant, -receipt.promotion),
        ],
    )


def surplus(receipt: Receipt) -> Posting:
    """Money that came besides: the platform keeps it for the buyer and bears the channel's fee meanwhile."""
    books, channel_fee, gross = receipt.books, receipt.fees.channel.amount, receipt.gross.amount
    return _received(
        SURPLUS,
        receipt,
        [
            (books.receivable, gross - channel_fee),
            (books.surplus, -gross),
            (books.channel_fee, channel_fee),
        ],
    )


def set_aside(back: Return, *, reverses: UUID) -> Posting:
    """A refund is decided: its money leaves where it lay and waits for the channel.

    `reverses` is the transaction by which the money came; the ledger takes back no more than it brought.
    """
    return _returned(SET_ASIDE, back, _aside(back), guarded=back.guarded, reverses=reverses)


def given_up(back: Return, *, reverses: UUID) -> Posting:
    """The channel refused: the money lies again where it lay. `reverses` is what had set it aside."""
    legs = [(key, -amount) for key, amount in _aside(back)]
    return _returned(GIVEN_UP, back, legs, guarded=False, reverses=reverses)


def sent(back: Return) -> list[Posting]:
    """The channel has paid the buyer out of what it owes. None, where that was nothing."""
    legs = [(back.books.transit, back.net), (back.books.receivable, -back.net)]
    return [_returned(SENT, back, legs, guarded=False)] if back.net else []


def returned(back: Return, *, reverses: UUID) -> Posting:
    """What the channel had paid out came back to it. `reverses` is what had sent it."""
    legs = [(back.books.receivable, back.net), (back.books.transit, -back.net)]
    return _returned(RETURNED, back, legs, guarded=False, reverses=reverses)


def _aside(back: Return) -> list[tuple[AccountKey, int]]:
    books, fees, gross = back.books, back.fees, back.gross.amount
    transit = (books.transit, -back.net)
    if back.surplus:
        return [(books.surplus, gross), (books.channel_fee, -fees.channel.amount), transit]
    bearer = books.merchant if fees.merchant_bears_channel else books.channel_fee
    return [
        (books.merchant, gross),
        (books.merchant, -fees.platform.amount),
        (bearer, -fees.channel.amount),
        (books.platform_fee, fees.platform.amount),
        (books.merchant, back.promotion),
        (books.promotion, -back.promotion),
        transit,
    ]


def _received(kind: str, receipt: Receipt, legs: Iterable[tuple[AccountKey, int]]) -> Posting:
    return Posting(
        reference=_received_as(receipt.payment_id, kind),
        kind=kind,
        subject=("payment", receipt.payment_id),
        legs=legs_of(legs, receipt.books.merchant, receipt.available_at, guarded=False),
        occurred_at=receipt.occurred_at,
        actor=receipt.actor,
        book=receipt.books.book,
        facts={"order": ids.encode("ord", receipt.order_id)} | _price(receipt),
    )


def _price(receipt: Receipt) -> dict[str, int]:
    """What a statement shows of a price that was lowered: before, by how much, and the platform's part."""
    if not receipt.discount:
        return {}
    price = {"list": receipt.gross.amount + receipt.discount, "discount": receipt.discount}
    return price | ({"promotion": receipt.promotion} if receipt.promotion else {})


def _received_as(payment_id: UUID, kind: str) -> str:
    return f"payment:{ids.encode('pay', payment_id)}:{kind.partition('.')[2]}"


def _returned(
    kind: str,
    back: Return,
    legs: Iterable[tuple[AccountKey, int]],
    *,
    guarded: bool,
    reverses: UUID | None = None,
) -> Posting:
    return Posting(
        reference=back.reference(kind),
        kind=kind,
        subject=("refund", back.refund_id),
        legs=legs_of(legs, back.books.merchant, back.available_at, guarded=guarded),
        occurred_at=back.occurred_at,
        actor=back.actor,
        book=back.books.book,
        facts={"payment": ids.encode("pay", back.payment_id)},
        reverses=reverses,
    )


def legs_of(
    legs: Iterable[tuple[AccountKey, int]], merchant: AccountKey, available_at: datetime, *, guarded: bool
) -> list[Leg]:
    """Legs of nothing are left out. Only the merchant's money has a time of its own, and a guard."""
    return [
        Leg(
            key,
            amount,
            available_at=available_at if key == merchant else None,
            guarded=guarded and key == merchant,
        )
        for key, amount in legs
        if amount
    ]
