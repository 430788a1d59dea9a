"""What memberships do when they hear of something: mails to buyers."""

import outbox
from outbox import Received

from . import letters
from .models import Subscription


@outbox.subscriber("membership_mail", topics=set(letters.TEXTS) - letters.SPECIAL)
def mail(event: Received) -> None:
    """Tell the buyer."""
    subscription = Subscription.objects.select_related("mandate").get(pk=event.subject[1])
    letters.send(subscription, event.topic, event.payload)
