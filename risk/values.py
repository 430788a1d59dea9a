"""One form for each value that is counted or listed, its keyed fingerprint, and a hint for people."""

from ipaddress import IPv6Address, ip_address
from uuid import UUID

import vault
from kernel import emails
from kernel.errors import said

from .errors import BadRule
from .states import Kind


def address(text: str) -> str:
    """A network address; of IPv6 the first half, which one household or server holds. Raises BadRule."""
    try:
        parsed = ip_address(text.strip())
    except ValueError as error:
        raise BadRule(why=said("it is not a network address")) from error
    if isinstance(parsed, IPv6Address):
        inner = parsed.ipv4_mapped
        return str(inner) if inner else f"{int(parsed) >> 64:016x}::/64"
    return str(parsed)


def email(text: str) -> str:
    """An e-mail address in lower case. Raises BadRule."""
    try:
        return emails.read(text).lower()
    except ValueError as error:
        raise BadRule(why=said("it is not an e-mail address")) from error


def email_domain(text: str) -> str:
    """The domain of an e-mail address, or a domain itself, as it goes over the wire. Raises BadRule."""
    try:
        return emails.domain_of(text)
    except ValueError as error:
        raise BadRule(why=said("it is not a domain")) from error


def device(text: str) -> str:
    """A browser's token. Raises BadRule."""
    plain = text.strip()
    if not 8 <= len(plain) <= 200:
        raise BadRule(why=said("it is not a device's token"))
    return plain


_FORMS = {
    Kind.ADDRESS: address,
    Kind.EMAIL: email,
    Kind.EMAIL_DOMAIN: email_domain,
    Kind.DEVICE: device,
}


def plain(kind: Kind, text: str) -> str:
    """The value in its one form. Raises BadRule."""
    return _FORMS[kind](text)


def key(kind: Kind, text: str, *, book: str) -> UUID | None:
    """The fingerprint of a value within one book; none where the text is no such value.

    The 16 bytes are kept as a UUID because PostgreSQL stores and compares those in place.
    """
    try:
        value = plain(kind, text)
    except BadRule:
        return None
    return fingerprint(kind, value, book=book)


def fingerprint(kind: Kind, value: str, *, book: str) -> UUID:
    """The fingerprint of a value that has its one form already."""
    return UUID(bytes=vault.fingerprint(vault.PLATFORM, value, purpose=f"risk.{kind}.{book}"))


def hint(kind: Kind, value: str) -> str:
    """What a person sees of a listed value: enough to recognise it, not enough to use it."""
    match kind:
        case Kind.ADDRESS:
            return f"{value.rpartition('.')[0]}.…" if "." in value else f"{value[:8]}…"
        case Kind.EMAIL:
            name, _, domain = value.partition("@")
            return f"{name[:1]}…@{domain}"
        case Kind.EMAIL_DOMAIN:
            return value
    return f"{value[:4]}…"
