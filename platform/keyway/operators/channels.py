"""How the channels fare: of the orders that somebody tried to pay at each, how many it paid."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.db import connection

from kernel import clock
from kernel.recent import Recent
from payments.channels.registry import CHANNELS
from payments.metrics import CHANNEL_SUCCESS, Rate

DAYS = 7

# An order that was tried at two channels counts at both; it is paid at one.
_TRIED = """
    SELECT a.channel, count(DISTINCT p.order_id) FILTER (WHERE p.use = 'applied'), count(DISTINCT p.order_id)
    FROM payments_payment p
    JOIN payments_order o ON o.id = p.order_id
    JOIN payments_channelaccount a ON a.id = p.account_id
    WHERE p.book = 'live' AND p.id >= %(first)s
        AND (p.use = 'applied' OR (p.action_kind <> '' AND o.payment_state NOT IN ('pending', 'processing')))
    GROUP BY a.channel ORDER BY 3 DESC, a.channel
"""


@dataclass(frozen=True, slots=True)
class ChannelRate:
    """A channel, as people call it, and its rate."""

    name: str
    rate: Rate


_recent: Recent[str, list[ChannelRate]] = Recent(seconds=300, size=1)


def read() -> list[ChannelRate]:
    """The rates of the last days in the live book, at most five minutes old."""
    return _recent.get("", _read)


def _read(_: str) -> list[ChannelRate]:
    since = clock.now() - timedelta(days=DAYS)
    with connection.cursor() as cursor:
        cursor.execute(_TRIED, {"first": UUID(int=int(since.timestamp() * 1000) << 80)})
        rows = cursor.fetchall()
    return [
        ChannelRate(
            CHANNELS[code].capabilities.label if code in CHANNELS else code,
            Rate(CHANNEL_SUCCESS, paid, tried),
        )
        for code, paid, tried in rows
    ]


def forget() -> None:
    """Count anew in this process."""
    _recent.forget()
