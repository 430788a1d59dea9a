"""Signing in: an address that is shown to be one's own is a buyer, known before or not."""

from uuid import UUID

from django.db import IntegrityError, transaction

import audit
import vault
from kernel import clock, ids
from kernel.actors import BUYER

from ..keys import email_key, normal
from ..models import Buyer, Purpose
from ..models.buyer import EMAIL
from . import codes
from .codes import Typed


def ask(
    email: str, *, language: str, asker: str, is_familiar: bool = False, instead: UUID | None = None
) -> UUID:
    """Mail a code to the address, whoever it is. Gives the name of its row. Raises TooOften, NotMailed."""
    return codes.mail(
        email, Purpose.SIGN_IN, language=language, asker=asker, is_familiar=is_familiar, instead=instead
    )


def finish(code_id: UUID, text: str, *, language: str, asker: str) -> Buyer:
    """The buyer of the address; made the first time. Raises WrongCode, CodeGone, TooOften."""
    (email,) = codes.redeem(Typed(code_id, Purpose.SIGN_IN, text), asker=asker)
    key = email_key(email)
    try:
        return _known(key) or _made(email, key, language)
    except IntegrityError:
        # Another browser of the same buyer came first.
        return Buyer.objects.get(email_key=key)


def sign_out_everywhere(buyer: Buyer) -> None:
    """End every session of the buyer, this one as well."""
    with transaction.atomic():
        locked = Buyer.objects.select_for_update(no_key=True).get(pk=buyer.pk)
        locked.session_epoch += 1
        locked.save(update_fields=["session_epoch"])
        audit.record(BUYER, "buyer.signed_out_everywhere", ("buyer", buyer.pk))
    buyer.session_epoch = locked.session_epoch


def choose_language(buyer: Buyer, language: str) -> None:
    """The language of the buyer's mails."""
    Buyer.objects.filter(pk=buyer.pk, erased_at=None).update(language=language)
    buyer.language = language


def _known(key: bytes) -> Buyer | None:
    buyer: Buyer | None = Buyer.objects.filter(email_key=key).first()
    return buyer


def _made(email: str, key: bytes, language: str) -> Buyer:
    buyer_id, now = ids.new(), clock.now()
    with transaction.atomic():
        buyer = Buyer.objects.create(
            id=buyer_id,
            email=vault.seal(buyer_id, normal(email), context=EMAIL, row=buyer_id),
            email_key=key,
            language=language,
            created_at=now,
            last_seen_at=now,
        )
        audit.record(BUYER, "buyer.created", ("buyer", buyer_id))
    return buyer
