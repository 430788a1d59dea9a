"""What the merchant's server is told: events, queued in the transaction that causes them."""

import json
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from kernel import clock

from .. import bell
from ..models import StripeDelivery, StripeEvent, StripeSession
from . import shapes, signing


@dataclass(frozen=True)
class Manner:
    """How events are delivered: how often, how late, and whether a stranger signs them."""

    copies: int = 1
    delay: timedelta = timedelta()
    forged: bool = False


CLEANLY = Manner()
SILENTLY = Manner(copies=0)


def tell(of: StripeSession, kind: str, item: dict[str, Any], manner: Manner = CLEANLY) -> StripeEvent:
    """Write an event down and queue it for the account's endpoint."""
    moment = clock.now()
    event = StripeEvent(
        id=f"evt_{secrets.token_hex(12)}", account=of.account, session=of, type=kind, created_at=moment
    )
    event.body = json.dumps(shapes.event(event, item), indent=2, ensure_ascii=False)
    event.save(force_insert=True)
    url = of.account.webhook_url
    if url:
        StripeDelivery.objects.bulk_create(
            StripeDelivery(event=event, url=url, forged=manner.forged, due_at=moment + manner.delay)
            for _ in range(manner.copies)
        )
        transaction.on_commit(bell.ring)
    return event


def signature(delivery: StripeDelivery, moment: datetime) -> str:
    """The header of one send."""
    account = delivery.event.account
    signers = [signing.STRANGER] if delivery.forged else account.webhook_secrets
    return signing.header(delivery.event.body, signers, moment)
