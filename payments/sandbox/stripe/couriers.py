"""Takes events to the merchants' endpoints, and again until they are accepted or given up."""

from datetime import datetime, timedelta

from django.db import transaction

from kernel import clock

from .. import bell, outgoing
from ..models import StripeDelivery
from . import events

# Test mode: three more times over a few hours. Any 2xx accepts.
RETRIES = tuple(timedelta(minutes=minutes) for minutes in (10, 60, 180))
_LEASE = timedelta(seconds=30)


def send_next(moment: datetime) -> bool:
    """Send the delivery that is due longest, if there is one."""
    delivery = _take(moment)
    if delivery is None:
        return False
    now = clock.now()
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "Stripe-Signature": events.signature(delivery, now),
        "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
    }
    reply = outgoing.post(delivery.url, delivery.event.body.encode(), headers)
    _conclude(delivery, reply, now)
    return True


def resend(delivery: StripeDelivery) -> None:
    """Send an event once more, now."""
    StripeDelivery.objects.filter(pk=delivery.pk).update(due_at=clock.now())
    bell.ring()


def _take(moment: datetime) -> StripeDelivery | None:
    """Take a due delivery for the time of a lease, and commit."""
    with transaction.atomic():
        delivery = (
            StripeDelivery.objects.select_for_update(no_key=True, skip_locked=True)
            .filter(due_at__lte=moment)
            .order_by("due_at", "id")
            .first()
        )
        if delivery is not None:
            delivery.due_at = moment + _LEASE
            delivery.save(update_fields=["due_at"])
    return delivery


@transaction.atomic
def _conclude(delivery: StripeDelivery, reply: outgoing.Reply, moment: datetime) -> None:
    accepted = reply.status is not None and 200 <= reply.status < 300
    sends = delivery.sends + 1
    again = None if accepted or sends > len(RETRIES) else moment + RETRIES[sends - 1]
    rows = StripeDelivery.objects.filter(pk=delivery.pk)
    # Somebody may have asked for a resend meanwhile: then it stays due.
    rows.filter(due_at=delivery.due_at).update(due_at=again)
    log = [*delivery.log, {"at": moment.isoformat(), "status": reply.status, "answer": reply.text}]
    rows.update(sends=sends, log=log[-20:], **({"accepted_at": moment} if accepted else {}))
