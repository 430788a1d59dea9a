"""How the demo is settled: the sandbox's bank, the merchants' bank accounts and their schedules.

The last digits of an account number tell the sandbox's bank what to do with a payout; see its desk.
"""

from dataclasses import replace

from django.conf import settings

from kernel.actors import SYSTEM, Actor, ActorKind
from kernel.books import Book
from merchants.models import Merchant, User
from payments.channels import bank
from payments.sandbox.bank import clients
from settlement import schedules
from settlement.models import RailAccount, Schedule
from settlement.rhythm import Terms
from settlement.services import bank_accounts, rail_accounts
from settlement.states import Cycle

_LEAST = {"CNY": 10_00}
_THURSDAY = 3


def connect() -> None:
    """A connection to the sandbox's bank for each book, to where it listens today."""
    gateway = f"{settings.KEYWAY_SANDBOX_URL}/bank"
    for book in Book:
        known = RailAccount.objects.filter(book=book, in_use=True).first()
        if known is not None:
            if known.gateway != gateway:
                rail_accounts.move(known, gateway=gateway, actor=SYSTEM)
            continue
        client = f"keyway-{book}"
        rail_accounts.register(
            book,
            bank.CODE,
            label="Bank (sandbox)",
            gateway=gateway,
            settings={"client": client},
            secrets={"secret": clients.register(client, f"Keyway ({book})")},
            actor=SYSTEM,
        )


def settle(live: Merchant, operator: User, *, number: str, weekly: bool) -> None:
    """Where and when a merchant and its twin are paid. `number` is of the bank account."""
    for merchant in (live, Merchant.objects.get(twin_of=live)):
        _account(merchant, operator, number)
        if not Schedule.objects.filter(merchant=merchant).exists():
            schedules.change(merchant, _terms(merchant, weekly=weekly), actor=SYSTEM, reason="The demo's.")


def _terms(merchant: Merchant, *, weekly: bool) -> Terms:
    terms = replace(schedules.standard(merchant.pk), minimum=_LEAST)
    return replace(terms, cycle=Cycle.WEEKLY, weekday=_THURSDAY) if weekly else terms


def _account(merchant: Merchant, operator: User, number: str) -> None:
    if merchant.bank_accounts.exists():
        return
    account = bank_accounts.add(
        merchant, "CNY", holder=merchant.name, bank="中国工商银行", number=number, actor=SYSTEM
    )
    by = Actor(ActorKind.OPERATOR, operator.pk)
    bank_accounts.confirm(account, actor=by, reason="The demo's; no document was seen.")
