"""The words by which a buyer lets a payment method be charged, and the mandate that comes of them."""

from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet
from django.utils import translation
from django.utils.translation import ngettext, pgettext

from buyers import consents
from buyers.models import Consent
from kernel import ids
from kernel.money import Money
from merchants.models import Store
from merchants.models.texts import pick
from merchants.services.plans import PlanOffer

from ..billing.anchors import Unit
from ..consents import CHARGES
from ..models import Mandate, Subscription
from ..states import MandateState
from . import policies

LIMIT = 3
"""How many times the price one charge may be at most: a larger quantity or a dearer plan needs new words."""


def limit_of(price: Money) -> Money:
    """What one charge may be at most by a mandate for this price."""
    return price * LIMIT


def wording(
    *, store_id: UUID, plan: PlanOffer, title: str, price: Money, language: str, notice_days: int
) -> dict[str, object]:
    """What stands in the places of the text, in the buyer's language."""
    store = Store.objects.get(pk=store_id)
    with translation.override(language):
        return {
            "shop": pick(store.name_zh, store.name_en),
            "price": price.format(language),
            "limit": limit_of(price).format(language),
            "interval": interval(plan),
            "title": title,
            "days": notice_days,
        }


_ONE = {
    Unit.DAY: lambda: pgettext("interval", "every day"),
    Unit.MONTH: lambda: pgettext("interval", "every month"),
    Unit.QUARTER: lambda: pgettext("interval", "every quarter"),
    Unit.YEAR: lambda: pgettext("interval", "every year"),
}
# A language with one plural form would say “every 1 month” by these.
_INTERVALS = {
    Unit.DAY: lambda n: ngettext("every day", "every {count} days", n),
    Unit.MONTH: lambda n: ngettext("every month", "every {count} months", n),
    Unit.QUARTER: lambda n: ngettext("every quarter", "every {count} quarters", n),
    Unit.YEAR: lambda n: ngettext("every year", "every {count} years", n),
}


def interval(plan: PlanOffer) -> str:
    """How often, in the reader's language."""
    unit = Unit(plan.unit)
    if plan.count == 1:
        return _ONE[unit]()
    return _INTERVALS[unit](plan.count).format(count=plan.count)


def shown(
    *,
    store_id: UUID,
    country: str,
    plan: PlanOffer,
    title: str,
    price: Money,
    merchant_id: UUID,
    language: str,
) -> str:
    """The words beside the box to tick."""
    days = policies.of(merchant_id).notice_days(country)
    places = wording(
        store_id=store_id, plan=plan, title=title, price=price, language=language, notice_days=days
    )
    return consents.wording(CHARGES.name, language, places)


def agree(subscription: Subscription, plan: PlanOffer, price: Money, at: datetime) -> Consent:
    """Keep that the buyer agreed, for this subscription; in the caller's transaction."""
    rules = policies.of(subscription.merchant_id)
    places = wording(
        store_id=subscription.store_id,
        plan=plan,
        title=subscription.title,
        price=price,
        language=subscription.language,
        notice_days=rules.notice_days(subscription.merchant.country),
    )
    return consents.agree(
        bytes(subscription.buyer_key),
        CHARGES.name,
        subscription.language,
        places,
        ("subscription", subscription.pk),
        at,
    )


def exceeds(subscription: Subscription, amount: int) -> bool:
    """Whether a charge of this much, in minor units, is more than the kept method was agreed for."""
    kept = _kept(subscription).first()
    return kept is not None and amount > kept.limit_amount


def widen(subscription: Subscription, plan: PlanOffer, price: Money, at: datetime) -> None:
    """The buyer lets the kept method be charged more; in the caller's transaction."""
    consent = agree(subscription, plan, price, at)
    _kept(subscription).update(limit_amount=limit_of(price).amount, consent=consent, agreed_at=at)


def _kept(subscription: Subscription) -> QuerySet[Mandate]:
    return Mandate.objects.filter(subscription=subscription, state=MandateState.ACTIVE)


def offered(
    subscription: Subscription, *, account_id: UUID, method: str, price: Money, consent: Consent, at: datetime
) -> Mandate:
    """A mandate that its buyer has agreed to and the channel does not keep yet; not written."""
    return Mandate(
        id=ids.new(),
        merchant_id=subscription.merchant_id,
        book=subscription.book,
        subscription=subscription,
        account_id=account_id,
        method=method,
        contact_key=bytes(subscription.contact_key),
        buyer_key=bytes(subscription.buyer_key),
        currency=subscription.currency,
        limit_amount=limit_of(price).amount,
        consent=consent,
        agreed_at=at,
        created_at=at,
    )
