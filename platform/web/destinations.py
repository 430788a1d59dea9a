"""Where an outgoing request may go: the address is read, resolved once, and every answer is checked.

A name that somebody gave us may point at our own network, or point elsewhere a moment later. So what is
checked here is an address, and `transport` connects to exactly that address.
"""

import ipaddress
import socket
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from django.conf import settings

from kernel.errors import Problem, said

Resolver = Callable[[str, int], list[str]]
Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_DEFAULT_PORTS = {"https": 443, "http": 80}
_URL_MAX = 2_000
# Prefixes that carry an IPv4 address inside; Python calls the first of them global.
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_NAT64_LOCAL = ipaddress.ip_network("64:ff9b:1::/48")


class Refused(Problem):
    """The address is not one that Keyway calls. Nothing was sent."""

    code, status, title = "web.address_refused", 400, said("This address may not be called: {why}.")
    advice = said("Nothing was sent. Give a public address that starts with https://.")
    sent = False


@dataclass(frozen=True, slots=True)
class Destination:
    """A checked destination. `addresses` are the only ones that may be connected to."""

    scheme: str
    host: str
    port: int
    target: str  # path and query, as they go into the request line
    addresses: tuple[str, ...]


def resolve(host: str, port: int) -> list[str]:
    """Ask the system for the addresses of `host`. Raises OSError when there are none."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(answer[4][0]) for answer in found))


def find(url: str, *, resolver: Resolver = resolve) -> Destination:
    """Read `url`, resolve its host once, and check every address that comes back.

    Raises Refused for what is never called, OSError when the name does not resolve.
    """
    parts = _parsed(url)
    host, port = parts.hostname or "", _port(parts)
    trusted = f"{_bracketed(host)}:{port}" in settings.KEYWAY_OUTGOING_ALLOW
    if not trusted and (parts.scheme, port) != ("https", 443):
        raise Refused(why=said("only https on port 443 is called"))
    addresses = resolver(host, port)
    if not trusted:
        _check(addresses)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Destination(parts.scheme, host, port, target, tuple(addresses))


def is_public(text: str) -> bool:
    """Whether an address is one of the public internet, also behind the forms that hide an IPv4 address."""
    try:
        return _is_public(ipaddress.ip_address(text.partition("%")[0]))
    except ValueError:
        return False


def _parsed(url: str) -> SplitResult:
    # urlsplit drops tabs and line feeds and others read a backslash as a slash: none of them gets that far.
    if len(url) > _URL_MAX or any(not "!" <= sign <= "~" or sign == "\\" for sign in url):
        raise Refused(why=said("it holds characters that an address does not have"))
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise Refused(why=said("it is not an address")) from error
    host = parts.hostname or ""
    if parts.scheme not in _DEFAULT_PORTS or not host or host.endswith(".") or port == 0:
        raise Refused(why=said("it is not an address"))
    if "@" in parts.netloc or parts.fragment:
        raise Refused(why=said("it carries a name or a fragment"))
    return parts


def _port(parts: SplitResult) -> int:
    return parts.port or _DEFAULT_PORTS[parts.scheme]


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _check(addresses: Iterable[str]) -> None:
    if not all(is_public(address) for address in addresses):
        raise Refused(why=said("it leads into a private network"))


def _is_public(address: Address) -> bool:
    if isinstance(address, ipaddress.IPv6Address):
        if address in _NAT64_LOCAL or address.is_site_local:
            return False
        inner = _embedded(address)
        if inner is not None:
            return _is_public(inner)
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


def _embedded(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    if address.teredo is not None:
        return address.teredo[1]
    return address.ipv4_mapped or address.sixtofour
