"""Channel accounts, opened: their adapter, their secrets, and which of them takes a method."""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

import orjson
from django.db import IntegrityError, transaction
from django.db.models import F

import audit
import vault
from kernel.actors import Actor
from kernel.errors import NotFound
from kernel.money import Money
from kernel.recent import Recent
from merchants import revision
from merchants.models import Merchant

from .. import sql
from ..channels.base import Account, Method
from ..channels.protocols import Channel
from ..channels.registry import channel as channel_named
from ..errors import AccountTaken, MethodUnavailable
from ..models import ChannelAccount
from ..states import AccountStatus

CONTEXT = "payments.channel_account"


# Without the secrets: they are read, and opened, once for each version.
_HEADS = sql.Statement("""
SELECT id, channel, label, version FROM payments_channelaccount
WHERE merchant_id = %(merchant)s AND status = 'active' ORDER BY id
""")


@dataclass(frozen=True, slots=True)
class Till:
    """A channel account as the sale uses it: which it is, and how to speak to it."""

    id: UUID
    label: str
    account: Account
    channel: Channel


@dataclass(frozen=True, slots=True)
class Choice:
    """A method that takes a certain total, at the account that offers it. `suits` the buyer's device."""

    till: Till
    method: Method
    suits: bool


_active: Recent[UUID, tuple[Till, ...]] = Recent(
    seconds=revision.KEPT_SECONDS, size=10_000, revision=revision.current
)
# What a version says never changes: a trigger counts every change of what is opened here.
_opened: Recent[tuple[UUID, int], Account] = Recent(seconds=600, size=10_000)


def till(account_id: UUID) -> Till:
    """An account of any status, as it is now. Raises NotFound."""
    found = ChannelAccount.objects.filter(pk=account_id).values_list("channel", "label", "version").first()
    if found is None:
        raise NotFound(account=str(account_id))
    return till_at(account_id, *found)


def tills_named(account_ids: Collection[UUID]) -> dict[UUID, Till]:
    """The same for many at once. An id that names no account has no entry."""
    heads = ChannelAccount.objects.filter(pk__in=account_ids).values_list("pk", "channel", "label", "version")
    return {head[0]: till_at(*head) for head in heads}


def till_at(account_id: UUID, channel: str, label: str, version: int) -> Till:
    """An account of which the caller has just read these."""
    account = _opened.get((account_id, version), _open)
    return Till(account_id, label, account, channel_named(channel))


def tills(merchant_id: UUID) -> tuple[Till, ...]:
    """The accounts that open new payments for a merchant, at most three seconds old."""
    return _active.get(merchant_id, _load_active)


def choices(merchant_id: UUID, total: Money, device: str) -> list[Choice]:
    """The methods that can take `total`, those that suit the device first; what cannot is not shown.

    Nor is a method without devices: by it, a buyer who agreed before is charged.
    """
    found = [
        Choice(till, method, device in method.devices)
        for till in tills(merchant_id)
        for method in till.channel.capabilities.methods
        if method.devices and _takes(till, total)
    ]
    return sorted(found, key=lambda choice: not choice.suits)


def choice(merchant_id: UUID, method_code: str, total: Money) -> Choice:
    """The account and method for a payment. Raises MethodUnavailable."""
    for till in tills(merchant_id):
        for method in till.channel.capabilities.methods:
            if method.code == method_code and method.devices and _takes(till, total):
                return Choice(till, method, suits=True)
    raise MethodUnavailable(method=method_code[:24])


def method_named(code: str) -> Method | None:
    """The method with this code, of whatever channel; None for one that is no longer spoken."""
    try:
        channel = channel_named(code.partition(".")[0])
    except NotFound:
        return None
    return next((method for method in channel.capabilities.methods if method.code == code), None)


def register(
    merchant: Merchant,
    channel: str,
    *,
    label: str,
    gateway: str,
    settings: Mapping[str, str],
    secrets: Mapping[str, str],
    rate: Decimal,
    actor: Actor,
    reason: str = "",
) -> ChannelAccount:
    """Add an account and use it from now on.

    Raises AccountRefused for credentials that cannot work, AccountTaken where another one is active.
    """
    row = ChannelAccount(
        merchant=merchant,
        book=merchant.book,
        channel=channel,
        label=label,
        gateway=gateway,
        settings=dict(settings),
        rate=rate,
    )
    channel_named(channel).check(_account(row, secrets))
    row.secrets = vault.seal(merchant.id, orjson.dumps(dict(secrets)), context=CONTEXT, row=row.id)
    with _only_one(), transaction.atomic():
        row.save(force_insert=True)
        _record(actor, "channel_account.registered", row, reason=reason)
    forget()
    return row


def change_credentials(
    row: ChannelAccount,
    *,
    settings: Mapping[str, str],
    secrets: Mapping[str, str],
    actor: Actor,
    reason: str = "",
) -> None:
    """Replace an account's credentials by new ones. Raises AccountRefused; then the old ones stay in use."""
    row.settings = dict(settings)
    channel_named(row.channel).check(_account(row, secrets))
    sealed = vault.seal(row.merchant_id, orjson.dumps(dict(secrets)), context=CONTEXT, row=row.id)
    with transaction.atomic():
        ChannelAccount.objects.filter(pk=row.pk).update(
            settings=row.settings, secrets=sealed, version=F("version") + 1
        )
        _record(actor, "channel_account.credentials_changed", row, reason=reason)
    row.refresh_from_db()
    forget()


def renew(
    row: ChannelAccount,
    *,
    settings: Mapping[str, str],
    secrets: Mapping[str, str],
    actor: Actor,
    reason: str,
) -> None:
    """Change what is given and keep the rest: nobody reads a secret to type it again.

    Raises AccountRefused; then the old ones stay in use.
    """
    known = _open((row.pk, row.version))
    with transaction.atomic():
        change_credentials(
            row,
            settings={**known.settings, **_given(settings)},
            secrets={**known.secrets, **_given(secrets)},
            actor=actor,
            reason=reason,
        )


def move(row: ChannelAccount, *, gateway: str, actor: Actor) -> None:
    """Speak to the account's channel at another address from now on; credentials and open payments stay."""
    with transaction.atomic():
        ChannelAccount.objects.filter(pk=row.pk).update(gateway=gateway, version=F("version") + 1)
        row.refresh_from_db()
        _record(actor, "channel_account.moved", row)
    forget()


def pause(row: ChannelAccount, *, actor: Actor, reason: str) -> None:
    """Open no new payments at this account; those that are open go on."""
    _set_status(row, AccountStatus.PAUSED, actor, reason)


def resume(row: ChannelAccount, *, actor: Actor, reason: str) -> None:
    """Open new payments at this account again. Raises AccountTaken where another one is active."""
    _set_status(row, AccountStatus.ACTIVE, actor, reason)


def forget() -> None:
    """Load accounts anew in this process; others follow within seconds."""
    revision.forget()
    _active.forget()


def _set_status(row: ChannelAccount, status: AccountStatus, actor: Actor, reason: str) -> None:
    with _only_one(), transaction.atomic():
        ChannelAccount.objects.filter(pk=row.pk).update(status=status)
        audit.record(
            actor,
            f"channel_account.{status}",
            ("channel_account", row.pk),
            merchant_id=row.merchant_id,
            reason=reason,
        )
    row.status = status
    forget()


@contextmanager
def _only_one() -> Iterator[None]:
    """The database keeps a merchant's active accounts at a channel to one; say so in words."""
    try:
        yield
    except IntegrityError as error:
        if "account_of_channel_once" in str(error):
            raise AccountTaken from error
        raise


def _given(values: Mapping[str, str]) -> dict[str, str]:
    return {name: value.strip() for name, value in values.items() if value.strip()}


def _record(actor: Actor, action: str, row: ChannelAccount, *, reason: str = "") -> None:
    facts = {"channel": row.channel, "gateway": row.gateway, "version": row.version}
    subject = ("channel_account", row.pk)
    audit.record(actor, action, subject, merchant_id=row.merchant_id, reason=reason, facts=facts)


def _takes(till: Till, total: Money) -> bool:
    able = till.channel.capabilities
    return total.currency in able.currencies and able.min_amount.get(
        total.currency, 1
    ) <= total.amount <= able.max_amount.get(total.currency, total.amount)


def _load_active(merchant_id: UUID) -> tuple[Till, ...]:
    return tuple(till_at(*head) for head in _HEADS.rows({"merchant": merchant_id}))


def _open(key: tuple[UUID, int]) -> Account:
    """The account as it is now: its version may be newer than the one that was asked for."""
    row = ChannelAccount.objects.get(pk=key[0])
    return _account(row, orjson.loads(vault.open(row.merchant_id, row.secrets, context=CONTEXT, row=row.id)))


def _account(row: ChannelAccount, secrets: Mapping[str, str]) -> Account:
    return Account(
        id=row.id,
        channel=row.channel,
        gateway=row.gateway,
        settings=dict(row.settings),
        secrets=dict(secrets),
        version=row.version,
    )
