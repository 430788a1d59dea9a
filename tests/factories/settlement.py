"""Fee plans, and merchants that are settled: sales in the ledger, a bank account, operators, a bank."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import factory
from django.db import transaction

from kernel import clock, ids
from kernel.actors import SYSTEM, Actor, ActorKind
from kernel.books import Book
from kernel.money import Money
from ledger import balances, posting
from ledger.legs import Leg
from merchants.models import Merchant
from merchants.states import SettlementMode
from settlement import rails
from settlement.models import BankAccount, FeePlanVersion, Payout, Statement
from settlement.postings import merchant_account
from settlement.proof import Proof
from settlement.rails import Connection, TransferAnswer, TransferAsk, TransferState
from settlement.services import bank_accounts, cycles, payouts, rail_accounts
from tests.factories import ledger as in_ledger
from tests.factories.merchants import LicenceFactory, MerchantFactory, UserFactory

# A Wednesday at noon in Shanghai, a business day; all of a test's money came before.
PERIOD_END = datetime(2026, 11, 17, 16, tzinfo=UTC)  # the first instant of the 18th in Shanghai
PAID_AT = PERIOD_END - timedelta(days=1)


class FeePlanFactory(factory.django.DjangoModelFactory):
    """One per cent, the channel's fee on the merchant, T+1 in China; in force since a minute ago."""

    class Meta:
        model = FeePlanVersion

    merchant = factory.SubFactory(MerchantFactory)
    rate = Decimal("0.01")
    starts_at = factory.LazyFunction(lambda: clock.now() - timedelta(minutes=1))


def operator() -> Actor:
    """An operator who may decide about money."""
    return Actor(ActorKind.OPERATOR, UserFactory.create(is_staff=True).pk, "192.0.2.1")


def proof() -> Proof:
    """A code, shown just now."""
    return Proof(clock.now())


def merchant(book: Book = Book.LIVE, **fields: Any) -> Merchant:
    """A merchant whose money the platform may hold and pay out; in the sandbox the twin of such a one."""
    permitted = {"settlement_mode": SettlementMode.PLATFORM_PAYOUT, "licence": LicenceFactory.create()}
    live = MerchantFactory.create(**permitted, **(fields if book == Book.LIVE else {}))
    if book == Book.LIVE:
        return live
    return MerchantFactory.create(book=book, twin_of=live, **permitted, **fields)


def sale(
    of: Merchant,
    gross: int,
    *,
    fee: int = 0,
    at: datetime = PAID_AT,
    currency: str = "CNY",
    order: str = "ord_1",
) -> None:
    """A sale of `gross`, of which `fee` stays with the platform; it counts from `at` on."""
    key = merchant_account(of.pk, currency, Book(of.book))
    with transaction.atomic():
        posting.post(
            in_ledger.sold(key, gross, at, fee, subject=("payment", ids.new()), facts={"order": order})
        )


def refund(of: Merchant, gross: int, *, fee: int = 0, at: datetime = PAID_AT, currency: str = "CNY") -> None:
    """A refund of `gross` with the part of the fee that goes back; forced, so it needs no cover."""
    key = merchant_account(of.pk, currency, Book(of.book))
    transit = in_ledger.key(in_ledger.Purpose.REFUND_TRANSIT, of.pk, currency=currency, book=Book(of.book))
    income = in_ledger.key(in_ledger.Purpose.PLATFORM_FEE, currency=currency, book=Book(of.book))
    legs = [Leg(key, gross, at), Leg(transit, -(gross - fee))]
    if fee:
        legs = [Leg(key, gross, at), Leg(key, -fee, at), Leg(income, fee), Leg(transit, -gross)]
    with transaction.atomic():
        posting.post(
            in_ledger.PostingFactory(
                legs=legs, kind="refund.set_aside", subject=("refund", ids.new()), book=Book(of.book)
            )
        )


def bank_account(of: Merchant, *, currency: str = "CNY", number: str = "6222000000000001") -> BankAccount:
    """A confirmed bank account."""
    account = bank_accounts.add(
        of, currency, holder="晨光数码有限公司", bank="中国工商银行", number=number, actor=SYSTEM
    )
    return bank_accounts.confirm(account, actor=operator(), reason="The document fits.")


def settled(of: Merchant, upto: datetime = PERIOD_END, currency: str = "CNY") -> Statement:
    """The statement of a period."""
    statement = cycles.run(of.pk, currency, upto)
    assert statement is not None
    return statement


def drafted(of: Merchant | None = None, amount: int = 10_000) -> Payout:
    """A payout of the whole of a merchant's sales."""
    of = of or merchant()
    bank_account(of)
    sale(of, amount)
    return Payout.objects.get(statement=settled(of))


def approved(payout: Payout | None = None) -> Payout:
    """A payout that two operators have approved."""
    payout = payout or drafted()
    for _ in range(2):
        payout = payouts.approve(payout, operator(), proof(), "Looks right.")
    return payout


def available(of: Merchant, currency: str = "CNY") -> int:
    """What a merchant has available now, in minor units."""
    key = merchant_account(of.pk, currency, Book(of.book))
    return balances.of(key, at=clock.now(of)).available.amount


@dataclass
class Bank:
    """A bank in this process, which says what it is told to, and keeps what it was asked for."""

    says: TransferState = TransferState.PAID
    on_query: TransferState | None = None
    amount: Money | None = None
    code: str = ""

    def __post_init__(self) -> None:
        self.transfers: list[TransferAsk] = []
        self.queries: list[str] = []

    def check(self, account: Connection) -> None:
        """Any connection will do."""

    def transfer(self, account: Connection, ask: TransferAsk) -> TransferAnswer:
        """Keep what was asked, and say how it stands."""
        self.transfers.append(ask)
        return TransferAnswer(self.says, self.code, amount=self.amount)

    def query(self, account: Connection, request_no: str) -> TransferAnswer:
        """Say how it stands."""
        self.queries.append(request_no)
        return TransferAnswer(self.on_query or self.says, amount=self.amount)


def bank(**says: Any) -> Bank:
    """A bank, connected in both books under the rail `play`."""
    made = Bank(**says)
    rails.bind("play", made)
    for book in Book:
        rail_accounts.register(
            book, "play", label="Play", gateway="http://127.0.0.1:9/", settings={}, secrets={}, actor=SYSTEM
        )
    return made
