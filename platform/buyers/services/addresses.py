"""A change of address: both mailboxes are asked, and what was bought with the old one stays the buyer's."""

from dataclasses import dataclass
from uuid import UUID

from django.db import IntegrityError, transaction

import audit
import vault
from kernel import clock
from kernel.actors import BUYER

from ..errors import AddressTaken, CodeGone
from ..keys import email_key, normal
from ..models import Buyer, FormerEmail, Purpose
from ..models.buyer import EMAIL
from . import codes
from .codes import Typed


@dataclass(frozen=True, slots=True)
class Asked:
    """The names of the two codes that were mailed."""

    old: UUID
    new: UUID


def ask(buyer: Buyer, email: str, *, asker: str) -> Asked:
    """Mail a code to the present address and one to the new. Raises TooOften, NotMailed."""
    language = buyer.language
    return Asked(
        old=codes.mail(buyer.address, Purpose.OLD_EMAIL, language=language, asker=asker, is_familiar=True),
        new=codes.mail(email, Purpose.NEW_EMAIL, language=language, asker=asker),
    )


def change(buyer: Buyer, asked: Asked, *, old: str, new: str, asker: str) -> Buyer:
    """Move the buyer to the new address and end every session. Raises WrongCode, CodeGone, AddressTaken."""
    proved_old, email = codes.redeem(
        Typed(asked.old, Purpose.OLD_EMAIL, old), Typed(asked.new, Purpose.NEW_EMAIL, new), asker=asker
    )
    try:
        with transaction.atomic():
            locked = Buyer.objects.select_for_update(no_key=True).get(pk=buyer.pk)
            if locked.email_key is None or email_key(proved_old) != bytes(locked.email_key):
                raise CodeGone
            _move(locked, email)
            audit.record(BUYER, "buyer.email_changed", ("buyer", locked.pk))
    except IntegrityError as error:
        raise AddressTaken from error
    return locked


def _move(buyer: Buyer, email: str) -> None:
    now, key = clock.now(), email_key(email)
    if key == bytes(buyer.email_key or b""):
        return
    FormerEmail.objects.update_or_create(buyer=buyer, email_key=buyer.email_key, defaults={"until": now})
    FormerEmail.objects.filter(buyer=buyer, email_key=key).delete()
    buyer.email = vault.seal(buyer.id, normal(email), context=EMAIL, row=buyer.id)
    buyer.email_key, buyer.session_epoch = key, buyer.session_epoch + 1
    buyer.save(update_fields=["email", "email_key", "session_epoch"])
