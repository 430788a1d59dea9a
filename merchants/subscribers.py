"""What happens after something was told about a merchant: letters to those whom it concerns."""

from django.conf import settings
from django.urls import reverse
from django.utils import translation

import outbox
from kernel import clock
from outbox import Received
from web import letters
from webhooks import events as webhook_events
from webhooks import words
from webhooks.models import Endpoint

from . import events
from .models import Invitation, Member, Merchant
from .roles import PERMISSIONS, Permission
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


@outbox.subscriber(
    "webhook_letters", topics={webhook_events.ENDPOINT_DISABLED, webhook_events.ENDPOINT_FAILING}
)
def warn(event: Received) -> None:
    """Tell those who look after webhooks that an endpoint is failing, or was switched off."""
    endpoint = Endpoint.objects.filter(pk=event.subject[1]).first()
    merchant = Merchant.objects.filter(pk=endpoint.merchant_id).first() if endpoint else None
    if merchant is None or endpoint is None:
        return
    roles = [role for role, may in PERMISSIONS.items() if Permission.MANAGE_WEBHOOKS in may]
    page = reverse("merchants:webhook", args=[merchant.key, endpoint.key])
    facts = {
        "shop_name": merchant.name,
        "host": endpoint.host,
        "is_off": event.topic == webhook_events.ENDPOINT_DISABLED,
        "since": endpoint.failing_since,
        "url": f"{settings.KEYWAY_URL}{page}",
    }
    members = Member.objects.filter(merchant_id=merchant.team_id, role__in=roles).select_related("user")
    for member in members.order_by("joined_at"):
        with translation.override(member.user.language):
            why = words.of_off(str(event.payload.get("reason", "")))
        letters.send(
            "webhook", to=member.user.email, language=member.user.language, facts={**facts, "off": why}
        )
