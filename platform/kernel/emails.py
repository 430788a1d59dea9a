"""E-mail addresses in one form, so that two spellings of one mailbox's domain are one.

A domain beyond ASCII is kept in its wire form (RFC 5891, with the mapping of UTS #46): `名@例え.jp` and
`名@xn--r8jz45g.jp` are one address, and so are full-width and upper-case spellings.
"""

import re

import idna

_NAME_MOST, _MOST = 64, 254
_DOMAIN = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])", re.ASCII)


def read(text: str) -> str:
    """The address with its domain in the one form; its name stays as it is written. Raises ValueError."""
    name, at, domain = text.strip().rpartition("@")
    if not at or not name or len(name) > _NAME_MOST or any(sign.isspace() for sign in name):
        raise ValueError("It is not an e-mail address.")
    found = f"{name}@{domain_of(domain)}"
    if len(found) > _MOST:
        raise ValueError("It is too long for an e-mail address.")
    return found


def compared(text: str) -> str:
    """The text under which an address is found again: in one form and lower case. Never raises."""
    try:
        return read(text).lower()
    except ValueError:
        return text.strip().lower()


def domain_of(text: str) -> str:
    """A domain, or the domain of an address, in its one form: ASCII and lower case. Raises ValueError."""
    domain = text.strip().rpartition("@")[2]
    if domain.isascii():
        plain = domain.lower()
    else:
        try:
            plain = idna.encode(domain, uts46=True).decode().lower()
        except idna.IDNAError as error:
            raise ValueError("It is not a domain.") from error
    if not _DOMAIN.fullmatch(plain):
        raise ValueError("It is not a domain.")
    return plain
