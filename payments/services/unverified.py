"""What came to a payment's address without a good signature: a small sample of it, and an alert."""

import secrets
from uuid import UUID

from django.db import transaction

import vault
from kernel import clock, ids
from kernel.recent import Recent

from .. import sql
from ..channels.news import NoticeRequest
from ..models.notice import UNVERIFIED_PER_ACCOUNT
from . import alerts
from .alerts import Matter

CONTEXT = "payments.unverified.body"
BODY_KEPT = 4096
WRITES_PER_MINUTE = 30

_KEEP = sql.Statement("""
INSERT INTO payments_unverifiednotice (account_id, slot, payment_id, why, size, body, received_at)
VALUES (%(account)s, %(slot)s, %(payment)s, %(why)s, %(size)s, %(body)s, %(now)s)
ON CONFLICT (account_id, slot) DO UPDATE SET payment_id = EXCLUDED.payment_id, why = EXCLUDED.why,
    size = EXCLUDED.size, body = EXCLUDED.body, received_at = EXCLUDED.received_at
""")

# Whoever floods an address must not write to the database for each try: one process keeps this many a minute.
_written: Recent[UUID, list[int]] = Recent(seconds=60, size=10_000)


def keep(
    account_id: UUID,
    merchant_id: UUID,
    book: str,
    payment_id: UUID | None,
    request: NoticeRequest,
    *,
    why: str,
) -> None:
    """Keep the head of the message in one of the account's few slots, at random, and tell a person."""
    count = _written.get(account_id, lambda _: [0])
    count[0] += 1
    if count[0] > WRITES_PER_MINUTE:
        return
    values = {
        "account": account_id,
        "slot": secrets.randbelow(UNVERIFIED_PER_ACCOUNT),
        "payment": payment_id,
        "why": why[:160],
        "size": len(request.body),
        "body": vault.seal(merchant_id, request.body[:BODY_KEPT], context=CONTEXT),
        "now": clock.now(),
    }
    with transaction.atomic():
        _KEEP.run(values)
        alerts.tell(
            Matter.NOTICE_UNVERIFIED,
            ("channel_account", account_id),
            merchant_id=merchant_id,
            book=book,
            facts={"why": why[:160]} | ({"payment": ids.encode("pay", payment_id)} if payment_id else {}),
        )
