"""What a channel can do, as small protocols."""

from typing import Protocol

from .base import (
    Account,
    Capabilities,
    Charge,
    ChargeAnswer,
    MandateAnswer,
    MandateOffer,
    RefundAnswer,
    RefundAsk,
)
from .news import NoticeRequest, Reply, Said


class Charges(Protocol):
    """Take money. None of these raises for a channel's mood: time-outs and nonsense are UNKNOWN."""

    capabilities: Capabilities

    def create(self, account: Account, charge: Charge) -> ChargeAnswer: ...

    def query(self, account: Account, reference: str, handle: str = "") -> ChargeAnswer: ...

    def close(self, account: Account, reference: str, handle: str = "") -> ChargeAnswer: ...

    def read_notice(self, account: Account, request: NoticeRequest) -> Said: ...

    def acknowledge(self, *, accepted: bool) -> Reply: ...


class Refunds(Protocol):
    """Give money back."""

    def refund(self, account: Account, ask: RefundAsk) -> RefundAnswer: ...

    def query_refund(self, account: Account, ask: RefundAsk) -> RefundAnswer: ...


class Mandates(Protocol):
    """Charge a buyer who agreed to it before, without asking again.

    The charge itself is `Charges.create` with `Charge.mandate`; it is queried, refunded and told like every
    other. None of these raises for a channel's mood.
    """

    def offer(self, account: Account, offer: MandateOffer) -> MandateAnswer: ...

    def ask_mandate(self, account: Account, reference: str, handle: str) -> MandateAnswer: ...

    def end_mandate(self, account: Account, handle: str) -> MandateAnswer: ...


class Channel(Charges, Refunds, Protocol):
    """A channel that can do both, as all of ours can."""

    def check(self, account: Account) -> None:
        """Raise AccountRefused unless the account can work at all. Called before an account is saved."""
