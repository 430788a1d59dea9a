"""The platform's connections to banks: one in use for each book, its secrets sealed."""

from collections.abc import Mapping
from uuid import UUID

import orjson
from django.db import transaction

import audit
import vault
from kernel.actors import Actor
from kernel.books import Book

from .. import rails
from ..errors import NoRail
from ..models import RailAccount
from ..rails import Connection

CONTEXT = "settlement.rail_account"


def register(
    book: Book,
    rail: str,
    *,
    label: str,
    gateway: str,
    settings: Mapping[str, str],
    secrets: Mapping[str, str],
    actor: Actor,
) -> RailAccount:
    """Send payouts of a book by this connection from now on; what the one before sent stays with it.

    Raises NoRail and RailRefused.
    """
    row = RailAccount(book=book, rail=rail, label=label, gateway=gateway, settings=dict(settings))
    rails.rail(rail).check(_connection(row, secrets))
    row.secrets = vault.seal(vault.PLATFORM, orjson.dumps(dict(secrets)), context=CONTEXT, row=row.pk)
    with transaction.atomic():
        RailAccount.objects.filter(book=book, in_use=True).update(in_use=False)
        row.save(force_insert=True)
        facts = {"rail": rail, "gateway": gateway, "book": str(book)}
        audit.record(actor, "rail_account.registered", ("rail_account", row.pk), facts=facts)
    return row


def move(row: RailAccount, *, gateway: str, actor: Actor) -> None:
    """Speak to the bank at another address from now on; credentials and open payouts stay."""
    with transaction.atomic():
        RailAccount.objects.filter(pk=row.pk).update(gateway=gateway)
        facts = {"rail": row.rail, "gateway": gateway, "book": row.book}
        audit.record(actor, "rail_account.moved", ("rail_account", row.pk), facts=facts)
    row.gateway = gateway


def in_use(book: Book) -> RailAccount:
    """The connection that payouts of this book are sent by. Raises NoRail."""
    row = RailAccount.objects.filter(book=book, in_use=True).first()
    if row is None:
        raise NoRail(book=str(book))
    return row


def opened(rail_account_id: UUID) -> Connection:
    """A connection, with its secrets in plain."""
    row = RailAccount.objects.get(pk=rail_account_id)
    sealed = vault.open(vault.PLATFORM, row.secrets, context=CONTEXT, row=row.pk)
    return _connection(row, orjson.loads(sealed))


def _connection(row: RailAccount, secrets: Mapping[str, str]) -> Connection:
    return Connection(
        id=row.pk, rail=row.rail, gateway=row.gateway, settings=dict(row.settings), secrets=dict(secrets)
    )
