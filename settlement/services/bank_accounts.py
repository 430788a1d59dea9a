"""Where a merchant is paid. Particulars never change: a new number is a new account, confirmed anew."""

import re
from hashlib import sha256
from uuid import UUID

from django.db import transaction

import audit
import outbox
import vault
from kernel import clock, ids
from kernel.actors import Actor, ActorKind
from kernel.errors import NotFound, said
from merchants.models import Merchant

from .. import events
from ..errors import BadBankAccount, ReasonMissing, SamePerson
from ..models import BankAccount
from ..models.bank_account import HOLDER, NUMBER
from ..states import BankAccountState
from .operators import require_operator

_NUMBER = re.compile(r"[0-9A-Z]{6,34}", re.ASCII)
_CURRENCY = re.compile(r"[A-Z]{3,8}", re.ASCII)
PEOPLE = frozenset({ActorKind.MEMBER, ActorKind.OPERATOR})


def add(
    merchant: Merchant, currency: str, *, holder: str, bank: str, number: str, actor: Actor
) -> BankAccount:
    """Add an account; an operator has to confirm it before anything is paid to it.

    Spaces and dashes of the number are left out. Raises BadBankAccount. An equal one that waits is given
    again.
    """
    plain = re.sub(r"[\s-]", "", number).upper()
    _check(currency, holder.strip(), bank.strip(), plain)
    key, now = ids.new(), clock.now()
    fingerprint = vault.fingerprint(merchant.pk, f"{currency}:{plain}", purpose=NUMBER)
    with transaction.atomic():
        same = BankAccount.objects.filter(
            merchant=merchant, fingerprint=fingerprint, state=BankAccountState.PENDING
        ).first()
        if same is not None and same.holder == holder.strip() and same.bank == bank.strip():
            return same
        account = BankAccount.objects.create(
            id=key,
            merchant=merchant,
            book=merchant.book,
            currency=currency,
            holder_sealed=vault.seal(merchant.pk, holder.strip(), context=HOLDER, row=key),
            bank=bank.strip(),
            number_sealed=vault.seal(merchant.pk, plain, context=NUMBER, row=key),
            fingerprint=fingerprint,
            last_four=plain[-4:],
            changed_by_id=actor.id if actor.kind in PEOPLE else None,
            changed_at=now,
        )
        _record(actor, events.BANK_ACCOUNT_ADDED, account)
    return account


def confirm(account: BankAccount, *, actor: Actor, reason: str) -> BankAccount:
    """Pay to this account from now on; the one before it in this currency is retired.

    By an operator other than who added it. Raises NotAnOperator, SamePerson, ReasonMissing, IllegalMove.
    """
    if not reason.strip():
        raise ReasonMissing
    operator_id = require_operator(actor)
    now = clock.now()
    with transaction.atomic():
        locked = _lock(account.pk)
        if locked.changed_by_id is not None and locked.changed_by_id == operator_id:
            raise SamePerson
        before = BankAccount.objects.select_for_update(no_key=True).filter(
            merchant_id=locked.merchant_id, currency=locked.currency, state=BankAccountState.ACTIVE
        )
        for old in before:
            old.enter(BankAccountState.RETIRED, retired_at=now)
            _record(actor, events.BANK_ACCOUNT_RETIRED, old, reason=reason)
        locked.enter(BankAccountState.ACTIVE, confirmed_by_id=operator_id, confirmed_at=now)
        _record(actor, events.BANK_ACCOUNT_CONFIRMED, locked, reason=reason)
    return locked


def retire(account: BankAccount, *, actor: Actor, reason: str) -> BankAccount:
    """Pay to this account no more. Payouts to it that were not sent can only be called off then."""
    if not reason.strip():
        raise ReasonMissing
    with transaction.atomic():
        locked = _lock(account.pk)
        locked.enter(BankAccountState.RETIRED, retired_at=clock.now())
        _record(actor, events.BANK_ACCOUNT_RETIRED, locked, reason=reason)
    return locked


def active(merchant_id: UUID, currency: str) -> BankAccount | None:
    """The account that a merchant is paid to in this currency."""
    return BankAccount.objects.filter(
        merchant_id=merchant_id, currency=currency, state=BankAccountState.ACTIVE
    ).first()


def number_of(account: BankAccount) -> str:
    """The whole number, for the bank's eyes. Whoever shows it to a person records that."""
    return vault.open(account.merchant_id, account.number_sealed, context=NUMBER, row=account.pk).decode()


def _lock(account_id: UUID) -> BankAccount:
    account = BankAccount.objects.select_for_update(no_key=True).filter(pk=account_id).first()
    if account is None:
        raise NotFound(bank_account=str(account_id))
    return account


def _check(currency: str, holder: str, bank: str, number: str) -> None:
    if not _CURRENCY.fullmatch(currency):
        raise BadBankAccount(why=said("the currency is not a code"))
    if not 2 <= len(holder) <= 120:
        raise BadBankAccount(why=said("the holder's name has 2 to 120 characters"))
    if not 2 <= len(bank) <= 80:
        raise BadBankAccount(why=said("the bank's name has 2 to 80 characters"))
    if not _NUMBER.fullmatch(number):
        raise BadBankAccount(why=said("the account number has 6 to 34 digits or capital letters"))


def _record(actor: Actor, topic: str, account: BankAccount, *, reason: str = "") -> None:
    facts = {
        "currency": account.currency,
        "last_four": account.last_four,
        # For the auditor, who has no keys: the number stands in its fingerprint.
        "particulars": sha256(bytes(account.fingerprint) + account.bank.encode()).hexdigest(),
        "changed_at": account.changed_at.isoformat(),
    }
    audit.record(
        actor,
        topic,
        ("bank_account", account.pk),
        merchant_id=account.merchant_id,
        reason=reason,
        facts=facts,
    )
    outbox.emit([events.of_bank_account(topic, account)])
