"""What kind of place the buyer's browser is. It only orders the methods; nothing about money trusts it."""

import re

from .states import Device

_PHONE = re.compile(r"Mobile|Android|iPhone|iPod|HarmonyOS", re.IGNORECASE)


def device_of(agent: str) -> Device:
    """The device that a User-Agent header speaks of."""
    if "MicroMessenger" in agent:
        return Device.WECHAT
    if "AlipayClient" in agent:
        return Device.ALIPAY
    return Device.MOBILE if _PHONE.search(agent) else Device.DESKTOP
