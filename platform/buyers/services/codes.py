"""Six digits by mail: made, mailed, and typed back in by the browser that asked.

A code is bound to its row, and the row's name is known to that browser only: a stranger who knows the
address can neither try the code nor use up its tries. How many codes an address is sent a day bounds what
guessing could ever gain: ten codes of five tries each among a million.
"""

import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import F

import vault
from kernel import clock, ids
from web import letters, limits

from ..errors import CodeGone, NotMailed, WrongCode
from ..keys import email_key, normal
from ..models import Code, Purpose
from ..models.code import MOST_TRIES

LASTS = timedelta(minutes=10)
DIGITS = 6
_EMAIL, _DIGEST = "buyers.code.email", "buyers.code"

_KEEP = """
    INSERT INTO buyers_code (id, purpose, email_key, email, digest, tries, expires_at)
    VALUES (%(id)s, %(purpose)s, %(email_key)s, %(email)s, %(digest)s, 0, %(expires_at)s)
    ON CONFLICT (email_key, purpose) DO UPDATE SET id = EXCLUDED.id, email = EXCLUDED.email,
        digest = EXCLUDED.digest, tries = 0, expires_at = EXCLUDED.expires_at
"""


@dataclass(frozen=True, slots=True)
class Typed:
    """A code as somebody typed it in, for the row that the browser remembers."""

    code_id: UUID
    purpose: Purpose
    text: str


def mail(email: str, purpose: Purpose, *, language: str, asker: str) -> UUID:
    """Mail a new code and give the name of its row. An earlier one of the address no longer works.

    `asker` is the network that asks. Raises TooOften, NotMailed.
    """
    key = email_key(email)
    limits.take("buyers.mail.from", asker, most=20, per=timedelta(minutes=10))
    limits.take("buyers.mail.to", f"{purpose}:{key.hex()}", most=3, per=timedelta(minutes=10))
    limits.take("buyers.mail.to.day", f"{purpose}:{key.hex()}", most=10, per=timedelta(days=1))
    code_id, code = ids.new(), f"{secrets.randbelow(10**DIGITS):0{DIGITS}}"
    values: Mapping[str, Any] = {
        "id": code_id,
        "purpose": purpose.value,
        "email_key": key,
        "email": vault.seal(vault.PLATFORM, normal(email), context=_EMAIL, row=code_id),
        "digest": _digest(code_id, code),
        "expires_at": clock.now() + LASTS,
    }
    with connection.cursor() as cursor:
        cursor.execute(_KEEP, values)
    facts = {"code": code, "purpose": purpose.value, "minutes": LASTS // timedelta(minutes=1)}
    try:
        letters.send("buyer_code", to=email.strip(), language=language, facts=facts)
    except OSError as error:
        raise NotMailed from error
    return code_id


def redeem(*typed: Typed, asker: str) -> list[str]:
    """The addresses that these codes prove; then none of them works again. All of them fit, or none is used.

    Raises WrongCode (`purpose` says which), CodeGone, TooOften. Runs outside a transaction: a wrong try stays
    counted.
    """
    limits.take("buyers.try.from", asker, most=30, per=timedelta(minutes=10))
    rows = [_try(each) for each in typed]
    for each, row in zip(typed, rows, strict=True):
        if not hmac.compare_digest(_digest(row.id, _plain(each.text)), bytes(row.digest)):
            raise WrongCode(purpose=each.purpose.value, left=MOST_TRIES - row.tries)
    with transaction.atomic():
        used, _ = Code.objects.filter(pk__in=[row.id for row in rows]).delete()
        if used != len(rows):
            raise CodeGone
    return [_open(row) for row in rows]


def address_of(code_id: UUID, purpose: Purpose) -> str | None:
    """Where a code that still waits was mailed to, for the browser that asked for it."""
    waiting = Code.objects.filter(
        pk=code_id, purpose=purpose, tries__lt=MOST_TRIES, expires_at__gt=clock.now()
    )
    row = waiting.first()
    return _open(row) if row else None


def forget() -> int:
    """Delete the codes whose time is over. Gives how many they were."""
    forgotten, _ = Code.objects.filter(expires_at__lt=clock.now()).delete()
    return forgotten


def _try(typed: Typed) -> Code:
    """Count one try, and give the row while it has tries and time left."""
    row = Code.objects.filter(pk=typed.code_id, purpose=typed.purpose, expires_at__gt=clock.now())
    if not row.filter(tries__lt=MOST_TRIES).update(tries=F("tries") + 1):
        raise CodeGone
    found = row.first()
    if found is None:
        raise CodeGone
    return found


def _open(row: Code) -> str:
    return vault.open(vault.PLATFORM, row.email, context=_EMAIL, row=row.id).decode()


def _digest(code_id: UUID, code: str) -> bytes:
    return vault.fingerprint(vault.PLATFORM, f"{code_id.hex}:{code}", purpose=_DIGEST)


def _plain(text: str) -> str:
    """The digits of what was typed or pasted; full-width ones count."""
    return "".join(str(int(mark)) for mark in text[:40] if mark.isdecimal())
