"""Exchange rates of the European Central Bank, fetched once a day and kept as they came."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from xml.etree import ElementTree

import structlog
from django.conf import settings

from kernel import clock
from kernel.errors import Problem, said
from web import transport

from ..models import ExchangeRate

_log = structlog.get_logger(__name__)
SOURCE = "ecb"
_CUBE = "{http://www.ecb.int/vocabulary/2002-08-01/eurofxref}Cube"
_JUMP = Decimal("0.2")
_MOST_BYTES, _MOST_RATES = 262_144, 200
_LARGEST = Decimal(10) ** 9


class RatesUnreadable(Problem):
    """What came is not the bank's file."""

    code, status = "settlement.rates_unreadable", 502
    title = said("The exchange rates cannot be read: {why}.")
    advice = said("Nothing was changed. The rates of the days before stay.")


@dataclass(frozen=True, slots=True)
class Published:
    """What one euro was worth on a day."""

    day: date
    currency: str
    per_euro: Decimal


def update() -> int:
    """Fetch the file and keep the rates of days that are not there yet. Gives how many were kept.

    Without an address nothing is fetched. Raises what `transport.send` raises, and RatesUnreadable.
    """
    if not settings.KEYWAY_RATES_URL:
        return 0
    answer = transport.send(
        "GET", settings.KEYWAY_RATES_URL, limits=transport.Limits(response_bytes=_MOST_BYTES)
    )
    if answer.status != 200:
        raise RatesUnreadable(why=said("the bank's server refuses"))
    return keep(parse(answer.body))


def keep(published: Iterable[Published]) -> int:
    """Write down what is new, and give how many rates that were. Raises RatesUnreadable.

    A rate that jumps by more than a fifth is kept out and said in the log.
    """
    fresh, today = [], clock.now().date()
    for each in published:
        if each.day > today:
            raise RatesUnreadable(why=said("a day is still to come"))
        last = ExchangeRate.objects.filter(currency=each.currency, source=SOURCE).order_by("-day").first()
        if last is not None and each.day <= last.day:
            continue
        if last is not None and abs(each.per_euro / last.per_euro - 1) > _JUMP:
            _log.warning(
                "settlement.rate_jumped", currency=each.currency, day=str(each.day), rate=str(each.per_euro)
            )
            continue
        fresh.append(
            ExchangeRate(day=each.day, currency=each.currency, per_euro=each.per_euro, source=SOURCE)
        )
    # Two runs at once: the second finds the rows of the first.
    ExchangeRate.objects.bulk_create(fresh, ignore_conflicts=True)
    return len(fresh)


def parse(body: bytes) -> list[Published]:
    """The rates in the bank's file. Raises RatesUnreadable."""
    # The bank's file has no document type; without one there are no entities to blow up or to fetch.
    if b"<!" in body.replace(b"<!--", b""):
        raise RatesUnreadable(why=said("a document type is declared"))
    try:
        root = ElementTree.fromstring(body)  # noqa: S314 (no document type, see above)
        days = [cube for cube in root.iter(_CUBE) if "time" in cube.attrib]
        found = [
            Published(date.fromisoformat(day.attrib["time"]), rate.attrib["currency"], _rate(rate))
            for day in days
            for rate in day.findall(_CUBE)
        ]
    except (ElementTree.ParseError, KeyError, ValueError, InvalidOperation) as error:
        raise RatesUnreadable(why=said("this is not the bank's file")) from error
    if not 0 < len(found) <= _MOST_RATES:
        raise RatesUnreadable(why=said("this is not the bank's file"))
    return found


def _rate(cube: ElementTree.Element) -> Decimal:
    currency, rate = cube.attrib["currency"], Decimal(cube.attrib["rate"])
    if not (currency.isascii() and currency.isupper() and len(currency) == 3):
        raise ValueError(currency)
    if not (rate.is_finite() and 0 < rate < _LARGEST):
        raise ValueError(rate)
    return rate.quantize(Decimal("0.000001"))
