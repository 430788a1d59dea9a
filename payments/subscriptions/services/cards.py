"""Another card: the buyer agrees on the channel's page, and the card before it is forgotten."""

from django.db import transaction

from kernel import clock
from kernel.actors import Actor
from payments.errors import MethodUnavailable
from payments.services import accounts

from ..errors import ConsentMissing, NotPossible
from ..models import Mandate, Subscription
from ..states import MandateState, SubscriptionState
from . import consenting, keeping, lives, mandates, store
from .batch import Batch

_S = SubscriptionState


def change(subscription: Subscription, *, method: str, consents: bool, actor: Actor) -> str:
    """Offer a page on which another card is shown. Gives its address; empty: the channel did not answer.

    `method` is one that buyers pay by. The card in use stays so until the channel keeps the other one.
    Raises NotPossible, ConsentMissing, MethodUnavailable.
    """
    if not consents:
        raise ConsentMissing
    return mandates.offer(agreed(subscription, method=method, actor=actor))


def agreed(subscription: Subscription, *, method: str, actor: Actor) -> Mandate:
    """Write that the buyer lets another card be charged; what waited for one before is ended.

    Raises NotPossible, MethodUnavailable.
    """
    choice = accounts.choice(subscription.merchant_id, method, subscription.price)
    if not choice.method.keeps:
        raise MethodUnavailable(method=method[:24])
    with transaction.atomic():
        row = store.lock_one(subscription.pk)
        if row.state in (_S.ENDED, _S.INCOMPLETE):
            raise NotPossible
        at = clock.now(row.merchant)
        batch = Batch(actor=actor)
        for waiting in Mandate.objects.filter(subscription=row, state=MandateState.OFFERED):
            batch.end_mandates(row, at, by=actor.kind, reason=keeping.REPLACED, only=waiting.pk)
        batch.write()
        plan = lives.plan_of(row)
        mandate = consenting.offered(
            row,
            account_id=choice.till.id,
            method=choice.method.keeps,
            price=row.price,
            consent=consenting.agree(row, plan, row.price, at),
            at=at,
        )
        mandate.save(force_insert=True)
    return mandate
