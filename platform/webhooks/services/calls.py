"""Calling a receiver: one POST, ten seconds in all, no redirect, a few kilobytes of answer.

Touches no database: many threads do this at once.
"""

import time
from dataclasses import dataclass
from datetime import datetime, timedelta

from kernel import clock
from kernel.crash import crash_point
from web import transport

from .. import excerpts, schedule, signatures
from .claims import Job

LIMITS = transport.Limits(
    connect=5.0, read=10.0, total=10.0, response_bytes=excerpts.BYTES_READ, cut_body=True
)
_EVENT_GONE = "event_gone"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of an attempt. Without a `status`, `error` is the code of what went wrong."""

    started_at: datetime
    duration: timedelta
    status: int | None = None
    error: str = ""
    excerpt: str = ""
    retry_after: timedelta | None = None


def post(job: Job) -> Outcome:
    """Make the request and give what came of it; never raises for what a receiver does."""
    started_at, began = clock.now(), time.monotonic()
    if job.body is None:
        return Outcome(started_at, timedelta(), error=_EVENT_GONE)
    signed = signatures.headers(job.event_key, job.body, signed_with=job.secrets, at=started_at)
    headers = {"Content-Type": "application/json", **signed, "User-Agent": "Keyway-Webhooks/1"}
    try:
        answer = transport.send("POST", job.url, headers=headers, body=job.body, limits=LIMITS)
    except (transport.NoAnswer, transport.Refused) as problem:
        return Outcome(started_at, timedelta(seconds=time.monotonic() - began), error=problem.code[:40])
    crash_point("webhook.after_send")
    return Outcome(
        started_at,
        timedelta(seconds=time.monotonic() - began),
        status=answer.status,
        excerpt=excerpts.of(answer.body),
        retry_after=schedule.retry_after(answer.headers.get("retry-after", ""), now=started_at),
    )
