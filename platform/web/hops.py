"""Who is at the other end of the line: forwarded headers count only when a trusted proxy brought them.

WSGI writes `X_Forwarded_For` and `X-Forwarded-For` as one variable, so a trusted proxy must drop headers with
an underscore in their name, as nginx does by itself. Behind one that passes them on a client could claim any
address.
"""

import ipaddress
from functools import lru_cache
from typing import Any

from django.conf import settings

_FORWARDED = (
    "HTTP_X_FORWARDED_FOR",
    "HTTP_X_FORWARDED_PROTO",
    "HTTP_X_FORWARDED_HOST",
    "HTTP_X_FORWARDED_PORT",
    "HTTP_X_REAL_IP",
    "HTTP_FORWARDED",
)
_HOPS_MAX = 16

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def settle(meta: dict[str, Any]) -> None:
    """Make `REMOTE_ADDR` the client's address, and drop what an untrusted peer claims about itself.

    The chain is read from the right: the last address that is no proxy of ours is the client.
    """
    peer = meta.get("REMOTE_ADDR", "")
    if not is_trusted(peer, settings.KEYWAY_TRUSTED_PROXIES):
        for name in _FORWARDED:
            meta.pop(name, None)
        return
    chain = meta.get("HTTP_X_FORWARDED_FOR", "").split(",")[-_HOPS_MAX:]
    for entry in reversed(chain):
        address = entry.strip()
        if not _is_address(address):
            return
        meta["REMOTE_ADDR"] = address
        if not is_trusted(address, settings.KEYWAY_TRUSTED_PROXIES):
            return


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
