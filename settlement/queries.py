"""Reads over settlement, for the desks and the API."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from kernel import clock
from kernel.books import Book
from kernel.money import Money
from ledger import balances
from ledger.purposes import OwnerKind, Purpose
from merchants.models import Merchant
from merchants.states import SettlementMode

from . import rhythm, schedules
from .limits import STUCK_AFTER
from .models import BankAccount, Payout, Statement
from .postings import merchant_account
from .states import AWAITING, SET_ASIDE, BankAccountState, PayoutState


@dataclass(frozen=True, slots=True)
class NextSettlement:
    """The end of the period that is running, and what will be available then as things stand now."""

    at: datetime
    expected: Money
    paused: bool


def statements_of(merchant: Merchant) -> QuerySet[Statement]:
    """A merchant's statements, newest first, each with its payout."""
    return Statement.objects.filter(merchant=merchant).select_related("payout").order_by("-upto", "currency")


def statement_covering(merchant: Merchant, currency: str, moment: datetime) -> Statement | None:
    """The statement that has the lines usable from `moment` on; None while their period is not over.

    Statements follow one another without a gap, so it is the first that ends there or later.
    """
    later = Statement.objects.filter(merchant=merchant, currency=currency, upto__gte=moment)
    return later.order_by("upto").first()


def settles_behind(merchant: Merchant, moment: datetime) -> datetime:
    """The end of the first period that is over behind `moment`, on the merchant's clock."""
    terms = schedules.of(merchant.pk)
    # What lies at the end of a period belongs to it.
    ended = rhythm.latest(terms, moment)
    return ended if ended == moment and moment > clock.now(merchant) else rhythm.following(terms, moment)


def payouts_of(merchant: Merchant) -> QuerySet[Payout]:
    """A merchant's payouts, newest first."""
    return (
        Payout.objects.filter(merchant=merchant).select_related("statement", "bank_account").order_by("-id")
    )


def bank_accounts_of(merchant: Merchant) -> QuerySet[BankAccount]:
    """A merchant's bank accounts that count: the active ones and those that wait."""
    shown = [BankAccountState.ACTIVE, BankAccountState.PENDING]
    return BankAccount.objects.filter(merchant=merchant, state__in=shown).order_by("currency", "state")


def next_settlement(merchant: Merchant, currency: str = "") -> NextSettlement | None:
    """When a merchant is settled next, and how much of a currency is expected; None without an account.

    Without a currency, the one in which the merchant has most coming.
    """
    terms = schedules.of(merchant.pk)
    at = rhythm.following(terms, clock.now(merchant))
    currencies = [currency] if currency else currencies_of(merchant)
    keys = [merchant_account(merchant.pk, each, Book(merchant.book)) for each in currencies]
    found = [balance.available for balance in balances.of_many(keys, at=at).values()]
    if not found:
        return None
    return NextSettlement(at, max(found, key=lambda money: money.amount), terms.paused)


def next_close(merchant: Merchant) -> datetime | None:
    """The end of the running period of a merchant that the platform pays out; None without an account."""
    if merchant.settlement_mode != SettlementMode.PLATFORM_PAYOUT:
        return None
    coming = next_settlement(merchant)
    return coming.at if coming is not None else None


def next_money(merchant: Merchant) -> datetime | None:
    """When the next money of a merchant becomes available, by the merchant's clock."""
    keys = [merchant_account(merchant.pk, each, Book(merchant.book)) for each in currencies_of(merchant)]
    found = [balances.pending(key, at=clock.now(merchant), limit=1) for key in keys]
    return min((times[0][0] for times in found if times), default=None)


def currencies_of(merchant: Merchant) -> list[str]:
    """The currencies in which a merchant has an account."""
    keys = balances.keys_of(OwnerKind.MERCHANT, merchant.pk, Book(merchant.book))
    return [key.currency for key in keys if key.purpose == Purpose.MERCHANT]


def in_transit(merchant: Merchant) -> list[Money]:
    """What is set aside for payouts that have not ended, by currency."""
    open_ones = Payout.objects.filter(merchant=merchant, state__in=SET_ASIDE)
    totals: dict[str, int] = {}
    for currency, amount in open_ones.values_list("currency", "amount"):
        totals[currency] = totals.get(currency, 0) + amount
    return [Money(amount, currency) for currency, amount in sorted(totals.items())]


def awaiting_approval(book: Book) -> QuerySet[Payout]:
    """The payouts of a book that wait for an operator, oldest first."""
    waiting = Payout.objects.filter(book=book, state__in=AWAITING)
    return waiting.select_related("merchant", "bank_account", "statement", "maker").order_by("drafted_at")


def awaiting_confirmation(book: Book) -> QuerySet[BankAccount]:
    """The bank accounts of a book that wait for an operator, oldest first."""
    waiting = BankAccount.objects.filter(book=book, state=BankAccountState.PENDING)
    return waiting.select_related("merchant", "changed_by").order_by("changed_at")


def stuck(book: Book) -> QuerySet[Payout]:
    """The payouts of a book of which the bank has said nothing for a day: a person has to look."""
    silent = Payout.objects.filter(is_stuck(), book=book)
    return silent.select_related("merchant").order_by("sent_at")


def is_stuck() -> Q:
    """What is true of a payout of which the bank has said nothing for a day."""
    return Q(state=PayoutState.UNKNOWN, sent_at__lt=clock.now() - STUCK_AFTER)


def came_back(merchant: Merchant, since: datetime) -> QuerySet[Payout]:
    """A merchant's payouts that the bank has sent back or refused since, newest first."""
    not_made = [PayoutState.RETURNED, PayoutState.FAILED]
    return payouts_of(merchant).filter(state__in=not_made, concluded_at__gte=since)


def may_approve(payout: Payout, user_id: UUID) -> bool:
    """Whether this person is none of those who may not approve. For showing a button: the service decides."""
    return payout.state in AWAITING and user_id not in people_of(payout)


def people_of(payout: Payout) -> Sequence[UUID]:
    """Who drafted or approved a payout. An approval that has lapsed does not count."""
    first = None if payout.first_approval_has_lapsed else payout.first_approved_by_id
    people = (payout.maker_id, first, payout.second_approved_by_id)
    return [person for person in people if person is not None]
