"""Alerts about payouts. Settlement knows what is stuck; whom to tell is decided here."""

import structlog
from django.db import transaction

from kernel import clock
from kernel.books import Book
from settlement import queries as settlement

from ..models import Alert
from . import alerts
from .alerts import Matter

_log = structlog.get_logger(__name__)


def watch(limit: int) -> int:
    """Open an alert for each payout of which the bank has said nothing for a day; one that is open stays.

    Gives how many were opened, at most `limit` a book.
    """
    opened = 0
    for book in Book:
        told = Alert.objects.filter(code=Matter.PAYOUT_UNKNOWN, book=book, resolved_at=None)
        silent = settlement.stuck(book).exclude(pk__in=told.values("subject_id"))
        for payout in silent[:limit]:
            hours = int((clock.now() - payout.sent_at).total_seconds() // 3600) if payout.sent_at else 0
            with transaction.atomic():
                alerts.tell(
                    Matter.PAYOUT_UNKNOWN,
                    ("payout", payout.pk),
                    merchant_id=payout.merchant_id,
                    book=book,
                    facts={"amount": payout.amount, "currency": payout.currency, "hours": hours},
                )
            _log.warning("settlement.payout_unknown", payout=payout.key, book=book, hours=hours)
            opened += 1
    return opened
