"""Channels are found by their code."""

import pytest

from kernel.errors import NotFound
from payments.channels.alipay import Alipay
from payments.channels.registry import CHANNELS, channel


def test_alipay_is_spoken():
    assert isinstance(channel("alipay"), Alipay)


def test_a_channel_of_nobody_is_not_found():
    with pytest.raises(NotFound):
        channel("cowrie")


def test_every_method_names_its_channel():
    for code, spoken in CHANNELS.items():
        assert all(method.code.startswith(f"{code}.") for method in spoken.capabilities.methods)
