"""What happens after something was told about a payout: letters to those who look after the money."""

from django.conf import settings
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext

import outbox
from merchants.models import Member
from merchants.roles import Role
from outbox import Received
from web import letters

from . import events, words
from .models import Payout
from .states import PayoutState

_MINDS_THE_MONEY = (Role.OWNER, Role.FINANCE)


_NOT_MADE = (PayoutState.RETURNED, PayoutState.FAILED)


@outbox.subscriber("payout_letters", topics={events.PAYOUT_TOPICS[state] for state in _NOT_MADE})
def tell_of_return(event: Received) -> None:
    """Tell the owners and who does the finances that a bank did not pay, so that they mend the account."""
    payout = Payout.objects.select_related("merchant", "bank_account").filter(pk=event.subject[1]).first()
    if payout is None:
        return
    merchant, account = payout.merchant, payout.bank_account
    page = reverse("settlement:payout", args=[merchant.key, payout.key])
    facts = {
        "shop_name": merchant.name,
        "amount": payout.money,
        "account": f"{account.bank} {account.masked}",
        "was_paid": payout.paid_at is not None,
        "was_refused": payout.state == PayoutState.FAILED,
        "url": f"{settings.KEYWAY_URL}{page}",
    }
    members = Member.objects.filter(merchant_id=merchant.team_id, role__in=_MINDS_THE_MONEY)
    for member in members.select_related("user").order_by("joined_at"):
        language, said = member.user.language, words.of_bank(payout.code, payout.message)
        with translation.override(language):
            why = gettext(said) if said else ""
        letters.send("payout_returned", to=member.user.email, language=language, facts={**facts, "why": why})
