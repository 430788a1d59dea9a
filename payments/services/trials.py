"""Trying a channel account out: one harmless question, and how long its answer took."""

import secrets
import time
from dataclasses import dataclass

import audit
from kernel import ids
from kernel.actors import Actor

from ..channels.base import ChargeState
from ..models import ChannelAccount
from . import accounts

# What channels say of a charge that never was, where that is no state of its own.
_NOT_THERE = frozenset({"resource_missing"})


@dataclass(frozen=True, slots=True)
class Trial:
    """What the channel answered. `is_well`: it knows us, and knows that there is no such charge."""

    is_well: bool
    state: ChargeState
    code: str
    milliseconds: int


def ask(account: ChannelAccount, *, actor: Actor, reason: str) -> Trial:
    """Ask about a charge that cannot exist, no transaction open: nothing is made, paid or changed there."""
    till = accounts.till(account.pk)
    began = time.monotonic()
    answer = till.channel.query(till.account, ids.encode("pay", ids.new()), f"none_{secrets.token_hex(12)}")
    milliseconds = round((time.monotonic() - began) * 1000)
    is_well = answer.state is ChargeState.ABSENT or answer.code in _NOT_THERE
    audit.record(
        actor,
        "channel_account.tested",
        ("channel_account", account.pk),
        merchant_id=account.merchant_id,
        reason=reason,
        facts={"well": is_well, "code": answer.code[:64], "ms": milliseconds, "version": account.version},
    )
    return Trial(is_well, answer.state, answer.code[:64], milliseconds)
