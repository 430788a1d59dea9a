"""Secrets in addresses, and the numbers that people read out. Pure.

A token is the letter of the cell and 128 random bits. The letter lets a router find the cell of an address
without a look-up, once there is more than one (design section 10).
"""

import secrets
from base64 import urlsafe_b64encode
from datetime import datetime
from zoneinfo import ZoneInfo

CELL = "a"
TOKEN_LENGTH = 23

# Without 0, O, 1 and I, which people mistake for one another.
_LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
_ZONE = ZoneInfo("Asia/Shanghai")


def new_token() -> str:
    """A new unguessable token of TOKEN_LENGTH characters that need no quoting in an address."""
    return CELL + urlsafe_b64encode(secrets.token_bytes(16))[:22].decode()


def new_number(at: datetime) -> str:
    """A new order number such as `D2611-7K4Q-93`: year and month, then 30 random bits. Not a secret."""
    drawn = secrets.randbits(30)
    letters = [_LETTERS[drawn >> shift & 31] for shift in range(0, 30, 5)]
    return f"D{at.astimezone(_ZONE):%y%m}-{''.join(letters[:4])}-{''.join(letters[4:])}"


def plain_number(text: str) -> str:
    """An order number as a person typed it, in the form that is stored; the empty text when it is none."""
    bare = "".join(mark for mark in text.upper() if mark.isascii() and mark.isalnum())
    return f"{bare[:5]}-{bare[5:9]}-{bare[9:]}" if len(bare) == 11 and bare[0] == "D" else ""
