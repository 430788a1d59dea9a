"""What happens after something was told about a merchant: the letter of an invitation."""

import outbox
from kernel import clock
from outbox import Received
from web import letters

from . import events
from .models import Invitation
from .services import team


@outbox.subscriber("invitations", topics={events.MEMBER_INVITED})
def write(event: Received) -> None:
    """Send the link, unless the offer was taken up, taken back or replaced meanwhile.

    The link's secret stands in the letter and nowhere else. Sent twice, it is the same link.
    """
    invitation = (
        Invitation.objects.select_related("merchant", "invited_by")
        .filter(pk=event.subject[1], accepted_at=None, expires_at__gt=clock.now())
        .first()
    )
    if invitation is None:
        return
    facts = {
        "shop_name": invitation.merchant.name,
        "merchant": invitation.merchant.name,
        "who": invitation.invited_by.email,
        "invitation": invitation,
        "url": team.link_of(invitation),
    }
    letters.send("invitation", to=invitation.email, language=invitation.invited_by.language, facts=facts)
