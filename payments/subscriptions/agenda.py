"""What of a merchant's subscriptions waits for its clock: what `keyway` tells `merchants.agenda`."""

from datetime import datetime

from django.db.models import Min

from kernel import clock
from merchants.models import Merchant

from .models import Subscription
from .states import SubscriptionState

_RENEWING = (SubscriptionState.TRIALING, SubscriptionState.ACTIVE)


def next_renewal(merchant: Merchant) -> datetime | None:
    """When the next period of one of its subscriptions begins and is charged."""
    renewing = Subscription.objects.filter(
        merchant=merchant, state__in=_RENEWING, cancel_at_end=False, pause_at_end=False
    )
    found: datetime | None = renewing.filter(period_ends__gt=clock.now(merchant)).aggregate(
        at=Min("period_ends")
    )["at"]
    return found


def next_step(merchant: Merchant) -> datetime | None:
    """When something is to be done with one of them: a notice, a charge, another try, a pause, an end."""
    waiting = Subscription.objects.filter(merchant=merchant, due_at__gt=clock.now(merchant))
    found: datetime | None = waiting.aggregate(at=Min("due_at"))["at"]
    return found
