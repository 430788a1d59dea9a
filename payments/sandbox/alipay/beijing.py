"""Times as Alipay writes them: Beijing's wall clock, to the second."""

from datetime import datetime
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Asia/Shanghai")
_FORMAT = "%Y-%m-%d %H:%M:%S"


def show(moment: datetime) -> str:
    """`2026-11-22 23:59:59` in Beijing."""
    return moment.astimezone(ZONE).strftime(_FORMAT)


def parse(text: str) -> datetime:
    """The moment that a Beijing clock shows as `text`. Raises ValueError unless it is written exactly so."""
    moment = datetime.strptime(text, _FORMAT).replace(tzinfo=ZONE)
    if show(moment) != text:
        raise ValueError("not zero-padded")
    return moment
