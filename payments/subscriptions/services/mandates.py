"""Mandates: offered on a channel's page, kept once the channel says so, ended at a word.

The channel's own word counts: what it tells by itself only makes us ask. What it did not answer is asked
again; the database holds what is to be asked.
"""

from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from typing import cast
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from kernel import clock, ids
from kernel.actors import SYSTEM, Actor
from kernel.errors import NotFound
from kernel.patience import pause
from payments import sql
from payments.channels.base import MandateAnswer, MandateOffer, MandateSaid
from payments.channels.base import MandateState as Said
from payments.channels.news import MandateTold
from payments.channels.protocols import Mandates
from payments.models import ChannelAccount
from payments.services import accounts
from payments.services.addresses import account_notify_url
from web import limits

from .. import events
from ..addresses import subscription_url
from ..models import Mandate
from ..states import MandateState, SubscriptionState
from . import firsts, keeping, store
from .batch import Batch

PAGE_LIFE = timedelta(hours=23)
"""How long a page is open: Stripe's live for a day at most, and its adapter adds their least life."""
LEASE = timedelta(seconds=120)
SHOWN = "done=shown"
"""What the address of a subscription's page says when its buyer comes back from the channel's."""
_ASK_NOW_EVERY = timedelta(seconds=3)

_CLAIM = sql.Statement("""
WITH due AS MATERIALIZED (
    SELECT id FROM subscriptions_mandate WHERE ask_at <= %(now)s
    ORDER BY ask_at LIMIT %(limit)s FOR NO KEY UPDATE SKIP LOCKED
)
UPDATE subscriptions_mandate m SET ask_at = %(later)s, asked = m.asked + 1 FROM due WHERE m.id = due.id
RETURNING m.id
""")


def offer(mandate: Mandate) -> str:
    """Have the channel open the page on which the buyer agrees. Gives its address; empty: it did not answer.

    No transaction is open. The same mandate has the same page.
    """
    till = accounts.till(mandate.account_id)
    token = ChannelAccount.objects.values_list("token", flat=True).get(pk=mandate.account_id)
    subscription = mandate.subscription
    asked = MandateOffer(
        reference=mandate.key,
        method=mandate.method,
        subject=subscription.title,
        currency=mandate.currency,
        notify_url=account_notify_url(token),
        return_url=f"{subscription_url(subscription.token)}?{SHOWN}",
        expires_at=ids.made_at(mandate.pk) + PAGE_LIFE,
        language=subscription.language,
    )
    answer = _channel(till.channel).offer(till.account, asked)
    url = answer.action.value if answer.action else ""
    Mandate.objects.filter(pk=mandate.pk).exclude(state=MandateState.ENDED).update(
        page=answer.handle, page_url=url, ask_at=clock.now() + pause(1)
    )
    mandate.page, mandate.page_url = answer.handle, url
    return url


def told(account_id: UUID, said: MandateTold) -> None:
    """A channel has news of a mandate of this account: ask about it at once; in the caller's transaction."""
    named = Q(handle=said.handle) if said.handle else Q(pk=None)
    with suppress(NotFound):
        named |= Q(pk=ids.decode("mnd", said.reference))
    Mandate.objects.filter(named, account_id=account_id, state__in=keeping.OPEN).update(
        ask_at=clock.now(), asked=0
    )


def claim_due(limit: int) -> Sequence[UUID]:
    """Take at most `limit` mandates that are to be asked about; nobody else gets them for a while."""
    now = clock.now()
    return [key for (key,) in _CLAIM.rows({"now": now, "later": now + LEASE, "limit": limit})]


def ask(mandate_id: UUID) -> Mandate:
    """Ask the channel how a mandate stands, no transaction open, and record it."""
    mandate = Mandate.objects.select_related("payment").get(pk=mandate_id)
    till = accounts.till(mandate.account_id)
    channel = _channel(till.channel)
    if mandate.state == MandateState.ENDED:
        answer = channel.end_mandate(till.account, mandate.handle) if mandate.handle else _NOTHING
    elif mandate.payment is not None:
        answer = channel.ask_mandate(till.account, mandate.payment.reference, mandate.payment.handle)
    else:
        answer = channel.ask_mandate(till.account, mandate.key, mandate.page or mandate.handle)
    _record(mandate, answer)
    return mandate


def ask_now(mandate: Mandate) -> None:
    """Ask because its buyer waits for the answer; every few seconds at most. No transaction is open."""
    try:
        limits.take("mandate.ask", mandate.key, most=1, per=_ASK_NOW_EVERY)
    except limits.TooOften:
        return
    ask(mandate.pk)


_NOTHING = MandateAnswer(Said.ENDED)


def _record(mandate: Mandate, answer: MandateAnswer) -> None:
    if answer.state is Said.ACTIVE and answer.mandate is not None and mandate.state != MandateState.ENDED:
        activate(mandate.pk, answer.mandate)
    elif answer.state in (Said.ENDED, Said.ABSENT) and mandate.state == MandateState.ENDED:
        Mandate.objects.filter(pk=mandate.pk).update(ask_at=None)
    elif answer.state in (Said.ENDED, Said.ABSENT) and mandate.payment_id is None:
        end(mandate, actor=SYSTEM, reason="channel")
    else:
        later = clock.now() + pause(mandate.asked)
        Mandate.objects.filter(pk=mandate.pk).update(ask_at=later)


def activate(mandate_id: UUID, said: MandateSaid) -> None:
    """The channel keeps a method: it is the subscription's from now on, and the one before it is ended."""
    subscription_id = Mandate.objects.values_list("subscription_id", flat=True).get(pk=mandate_id)
    with transaction.atomic():
        subscription = store.lock_one(subscription_id)
        mandate = Mandate.objects.select_for_update(no_key=True).get(pk=mandate_id)
        if mandate.state == MandateState.ENDED or subscription.state == SubscriptionState.ENDED:
            return
        now = clock.now(subscription.merchant)
        batch = Batch()
        batch.end_mandates(subscription, now, by="system", reason=keeping.REPLACED, but=mandate.pk)
        is_news = mandate.state != MandateState.ACTIVE or mandate.handle != said.handle
        values = {"handle": said.handle, "label": said.label, "expires_on": said.expires_on, "ask_at": None}
        Mandate.objects.filter(pk=mandate.pk).update(
            state=MandateState.ACTIVE, page="", page_url="", payment_id=None, **values
        )
        subscription.mandate_id = mandate.pk
        subscription.hard = subscription.needs_buyer = False
        batch.keep(subscription)
        if is_news:
            batch.tell(events.MANDATE_ACTIVE, subscription, mandate=mandate.key, method=mandate.method)
        batch.write()
        if subscription.state == SubscriptionState.INCOMPLETE and not subscription.invoices.exists():
            firsts.start_trial(subscription, now, actor=SYSTEM)


def end(mandate: Mandate, *, actor: Actor, reason: str = "") -> None:
    """End a permission at once: nothing is charged by it any more. The channel forgets the method soon after.

    Periods go on by a link to pay.
    """
    with transaction.atomic():
        subscription = store.lock_one(mandate.subscription_id)
        now = clock.now(subscription.merchant)
        batch = Batch(actor=actor)
        if not batch.end_mandates(subscription, now, by=actor.kind, reason=reason, only=mandate.pk):
            return
        if subscription.mandate_id == mandate.pk:
            subscription.mandate_id = None
        batch.keep(subscription)
        batch.write()


def _channel(channel: object) -> Mandates:
    return cast(Mandates, channel)
