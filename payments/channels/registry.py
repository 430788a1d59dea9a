"""The channels that Keyway speaks, by code."""

from collections.abc import Mapping

from kernel.errors import NotFound

from .alipay import Alipay
from .protocols import Channel
from .stripe import Stripe

CHANNELS: Mapping[str, Channel] = {channel.capabilities.channel: channel for channel in (Alipay(), Stripe())}


def channel(code: str) -> Channel:
    """The channel with this code. Raises NotFound."""
    try:
        return CHANNELS[code]
    except KeyError:
        raise NotFound(channel=code) from None
