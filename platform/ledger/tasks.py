"""What workers do for the ledger. Each may run twice at once or not at all for a while; nothing is lost."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import structlog
from celery import shared_task
from django.conf import settings

from kernel import calendar, clock

from . import auditor, chain, closes

LINKS_AT_ONCE = 2_000
ROUNDS = 50

log = structlog.get_logger(__name__)


@shared_task
def extend_chain() -> int:
    """Link what was committed since the last run, and publish the head in the log. Gives how many."""
    linked = 0
    for _ in range(ROUNDS):
        done = chain.extend(LINKS_AT_ONCE)
        linked += done
        if done < LINKS_AT_ONCE:
            break
    head = chain.head()
    if linked and head is not None:
        log.info("ledger.chain_extended", linked=linked, number=head[0], head=head[1])
    return linked


@shared_task
def close_yesterday() -> int:
    """Close every account on which something came, up to the end of yesterday where the bank works."""
    today = clock.now().astimezone(ZoneInfo(settings.TIME_ZONE)).date()
    upto = calendar.opening(today, settings.TIME_ZONE) - timedelta(microseconds=1)
    result = closes.close_due(upto)
    log.info("ledger.closed", upto=upto.isoformat(), closed=result.closed, left=len(result.left))
    return result.closed


@shared_task
def audit() -> int:
    """Check every invariant of every app, and write down what does not hold. Gives how many do not."""
    broken = [finding for finding in auditor.audit() if not finding.holds]
    for finding in broken:
        rows = [dict(zip(finding.columns, map(str, row), strict=True)) for row in finding.rows]
        log.error("ledger.invariant_broken", code=finding.invariant.code, rows=rows)
    return len(broken)
