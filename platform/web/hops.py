"""Who is at the other end of the line: a forwarding header counts only when a trusted proxy brought it.

WSGI writes `X_Forwarded_For` and `X-Forwarded-For` as one variable, and Granian joins what came under both.
Behind a proxy that passes headers with an underscore on, a client could put an address of its choice last.
`Forwarded` (RFC 7239) has no hyphen and so no such twin: it is what `KEYWAY_FORWARDED` should name. See
`docs/proxies.md`.
"""

import ipaddress
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from django.conf import settings

FORWARDED, X_FORWARDED_FOR = "forwarded", "x-forwarded-for"
HEADERS = (FORWARDED, X_FORWARDED_FOR)
"""The headers that a proxy may be said to write."""

_PROTO = "HTTP_X_FORWARDED_PROTO"  # where Django looks for the scheme
_CLAIMS = (
    "HTTP_X_FORWARDED_FOR",
    _PROTO,
    "HTTP_X_FORWARDED_HOST",
    "HTTP_X_FORWARDED_PORT",
    "HTTP_X_REAL_IP",
    "HTTP_FORWARDED",
)
_HOPS_MAX = 16
# No value that a proxy writes holds a comma: an element ends at one, whatever a client left open before it.
_PAIR = r"[A-Za-z]+=(?:[A-Za-z0-9._:~-]+|\"[^\",;\\]*\")"
_ELEMENT = re.compile(rf"{_PAIR}(?:\s*;\s*{_PAIR})*", re.ASCII)
# An address, of IPv6 in brackets, with or without a port.
_NODE = re.compile(r"(?:\[([0-9A-Fa-f:.]+)\]|([0-9.]+))(?::[0-9]{1,5})?", re.ASCII)

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def settle(meta: dict[str, Any]) -> None:
    """Make `REMOTE_ADDR` the client's address, and drop what nobody whom we trust has said.

    The chain is read from the right: the last address that is no proxy of ours is the client.
    """
    peer = meta.get("REMOTE_ADDR", "")
    claims = {name: meta.pop(name) for name in _CLAIMS if name in meta}
    if not is_trusted(peer, settings.KEYWAY_TRUSTED_PROXIES):
        return
    if settings.KEYWAY_FORWARDED == FORWARDED:
        hops = _forwarded(claims.get("HTTP_FORWARDED", ""))
    else:
        meta.update(claims)
        hops = ((address, "") for address in _chain(claims.get("HTTP_X_FORWARDED_FOR", "")))
    for address, scheme in hops:
        if not _is_address(address):
            return
        meta["REMOTE_ADDR"] = address
        if scheme:
            # That of the outermost hop of ours: within the house it may be another.
            meta[_PROTO] = scheme
        if not is_trusted(address, settings.KEYWAY_TRUSTED_PROXIES):
            return


def _chain(header: str) -> Iterator[str]:
    """The entries of a header, the last one first, a bounded number of them."""
    return (entry.strip() for entry in reversed(header.split(",")[-_HOPS_MAX:]))


def _forwarded(header: str) -> Iterator[tuple[str, str]]:
    """Address and scheme of each hop of a `Forwarded` header, the last first; without an address: no hop."""
    for element in _chain(header):
        if not _ELEMENT.fullmatch(element):
            yield "", ""
            return
        pairs = (pair.strip().partition("=") for pair in element.split(";"))
        said = {name.lower(): value.strip('"') for name, _, value in pairs}
        node = _NODE.fullmatch(said.get("for", ""))
        scheme = said.get("proto", "").lower()
        yield (node[1] or node[2]) if node else "", scheme if scheme in ("http", "https") else ""


@lru_cache(maxsize=1024)
def is_trusted(address: str, proxies: tuple[str, ...]) -> bool:
    """Whether `address` lies in one of `proxies`: addresses or networks."""
    if not _is_address(address):
        return False
    parsed = ipaddress.ip_address(address)
    return any(parsed in network for network in _networks(proxies))


@lru_cache(maxsize=8)
def _networks(proxies: tuple[str, ...]) -> tuple[Network, ...]:
    return tuple(ipaddress.ip_network(proxy, strict=False) for proxy in proxies)


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def network_of(address: str) -> str:
    """What one caller's addresses have in common: itself; of IPv6 the first half, a household's."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address[:64]
    if isinstance(parsed, ipaddress.IPv6Address):
        return str(parsed.ipv4_mapped) if parsed.ipv4_mapped else f"{int(parsed) >> 64:x}::/64"
    return str(parsed)
