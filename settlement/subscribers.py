"""What happens after something was told about a payout: letters to those who look after the money."""

from django.conf import settings
from django.urls import reverse

import outbox
from merchants.models import Member
from merchants.roles import Role
from outbox import Received
from web import letters

from . import events
from .models import Payout
from .states import PayoutState

_MINDS_THE_MONEY = (Role.OWNER, Role.FINANCE)


@outbox.subscriber("payout_letters", topics={events.PAYOUT_TOPICS[PayoutState.RETURNED]})
def tell_of_return(event: Received) -> None:
    """Tell the owners and who does the finances that a payout came back, so that they mend the account."""
    payout = Payout.objects.select_related("merchant", "bank_account").filter(pk=event.subject[1]).first()
    if payout is None:
        return
    merchant, account = payout.merchant, payout.bank_account
    page = reverse("settlement:payout", args=[merchant.key, payout.key])
    facts = {
        "shop_name": merchant.name,
        "amount": payout.money,
        "account": f"{account.bank} {account.masked}",
        "why": payout.message,
        "was_paid": payout.paid_at is not None,
        "url": f"{settings.KEYWAY_URL}{page}",
    }
    members = Member.objects.filter(merchant_id=merchant.team_id, role__in=_MINDS_THE_MONEY)
    for member in members.select_related("user").order_by("joined_at"):
        letters.send("payout_returned", to=member.user.email, language=member.user.language, facts=facts)
