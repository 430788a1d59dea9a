"""A few digits by mail: made, mailed, and typed back in by the browser that asked.

A code is bound to its row, and the row's name is known to that browser only: a stranger who knows the
address can neither try the code, nor use up its tries, nor put another in its place. Nor can a stranger use
up what the address's owner may ask for: codes are counted for each network, and a browser in which the owner
has signed in before is counted by itself. What all strangers together may have mailed to an address is
bounded by the hour, for the sake of its mailbox.

Guessing gains nothing by many codes: the first ten of a day are six digits with five tries each, the ones
behind them are longer.
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
DIGITS, LONG_DIGITS = 6, 10
SHORT_A_DAY = 10
"""So many codes of an address are short within a day."""
_MINUTES, _HOUR, _DAY = timedelta(minutes=10), timedelta(hours=1), timedelta(days=1)
_EMAIL, _DIGEST = "buyers.code.email", "buyers.code"

_KEEP = """
    INSERT INTO buyers_code (id, purpose, email_key, email, digest, tries, expires_at)
    VALUES (%(id)s, %(purpose)s, %(email_key)s, %(email)s, %(digest)s, 0, %(expires_at)s)
"""


@dataclass(frozen=True, slots=True)
class Typed:
    """A code as somebody typed it in, for the row that the browser remembers."""

    code_id: UUID
    purpose: Purpose
    text: str


def mail(
    email: str,
    purpose: Purpose,
    *,
    language: str,
    asker: str,
    is_familiar: bool = False,
    instead: UUID | None = None,
) -> UUID:
    """Mail a new code and give the name of its row.

    `asker` is the network that asks, `is_familiar` says that the address's owner has signed in with that
    browser before, and `instead` names the code that it asked for earlier and that no longer works.
    Raises TooOften, NotMailed.
    """
    key = email_key(email)
    code_id, code = ids.new(), _digits(_count(f"{purpose}:{key.hex()}", asker, is_familiar=is_familiar))
    values: Mapping[str, Any] = {
        "id": code_id,
        "purpose": purpose.value,
        "email_key": key,
        "email": vault.seal(vault.PLATFORM, normal(email), context=_EMAIL, row=code_id),
        "digest": _digest(code_id, code),
        "expires_at": clock.now() + LASTS,
    }
    with transaction.atomic(), connection.cursor() as cursor:
        if instead is not None:
            Code.objects.filter(pk=instead, purpose=purpose).delete()
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


def _count(whom: str, asker: str, *, is_familiar: bool) -> int:
    """Count one more code; which of the address's codes of the day it is. Raises TooOften."""
    limits.take("buyers.mail.from", asker, most=20, per=_MINUTES)
    who = f"{whom}:{'' if is_familiar else asker}"
    limits.take("buyers.mail.to", who, most=3, per=_MINUTES)
    limits.take("buyers.mail.to.day", who, most=10, per=_DAY)
    if not is_familiar:
        limits.take("buyers.mail.to.hour", whom, most=20, per=_HOUR)
    return limits.add("buyers.mail.codes", whom, 1, per=_DAY)[0]


def _digits(place: int) -> str:
    digits = DIGITS if place <= SHORT_A_DAY else LONG_DIGITS
    return f"{secrets.randbelow(10**digits):0{digits}}"


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
