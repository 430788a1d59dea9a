"""A merchant's subscriptions by page, as the dashboard lists them."""

from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext

from kernel.money import Money
from merchants.models import Merchant, Product, Store
from merchants.services import plans
from merchants.states import ProductKind
from payments.pages.order import masked
from payments.services import accounts

from .. import metrics, queries
from ..models import Subscription
from ..services import invoicing, policies
from ..states import SubscriptionState

PAGE = 50
_S = SubscriptionState
VIEWS = {
    "trial": Q(state=_S.TRIALING),
    "active": Q(state=_S.ACTIVE, cancel_at_end=False),
    "past_due": Q(state=_S.PAST_DUE),
    "paused": Q(state=_S.PAUSED),
    "cancelling": Q(state__in=[_S.TRIALING, _S.ACTIVE], cancel_at_end=True),
    "ended": Q(state=_S.ENDED),
}


@dataclass(frozen=True, slots=True)
class Row:
    """One subscription of the list. `next_charge`: what is charged when it is due, where it will be."""

    subscription: Subscription
    contact: str
    plan: str
    standing: str
    mrr: Money
    next_charge: Money | None
    method: str
    tries: str


@dataclass(frozen=True, slots=True)
class Listing:
    """Newest first. `older` continues the list; empty: this is its end."""

    rows: list[Row]
    older: str


def listing(
    merchant: Merchant,
    *,
    store: Store | None = None,
    view: str = "",
    contact: str = "",
    product_id: UUID | None = None,
    before: UUID | None = None,
) -> Listing:
    """A page of them. `contact`: the buyer's whole e-mail address."""
    found = queries.of_merchant(merchant, contact=contact, product_id=product_id)
    found = found.filter(VIEWS.get(view, Q()), Q(store=store) if store else Q())
    if before is not None:
        found = found.filter(id__lt=before)
    rows = list(found[: PAGE + 1])
    most = len(policies.of(merchant.pk).retry_days)
    older = rows[PAGE - 1].key if len(rows) > PAGE else ""
    return Listing([_row(each, most) for each in rows[:PAGE]], older)


def products(merchant: Merchant) -> list[Product]:
    """The memberships that the list can be narrowed to."""
    return list(Product.objects.filter(merchant=merchant, kind=ProductKind.MEMBERSHIP).order_by("id")[:100])


def standing(subscription: Subscription) -> str:
    """Its state, with a word of its own where it is set to end or to pause."""
    if subscription.state in (_S.TRIALING, _S.ACTIVE) and subscription.cancel_at_end:
        return "cancelling"
    if subscription.state in (_S.TRIALING, _S.ACTIVE) and subscription.pause_at_end:
        return "pausing"
    return str(subscription.state)


def method_of(subscription: Subscription) -> str:
    """What it is paid by: the kept method as its buyer knows it, or the way of paying.

    A method that could be kept and is not, any more, is charged for nothing: each period comes with a link.
    """
    if subscription.mandate is not None and subscription.mandate.label:
        return subscription.mandate.label
    known = accounts.method_named(subscription.method)
    goes_on = subscription.state not in (_S.INCOMPLETE, _S.ENDED)
    if known is not None and known.keeps and goes_on and queries.awaited(subscription) is None:
        return gettext("By a link each period")
    return gettext(known.label) if known else subscription.method


def contact_shown(subscription: Subscription) -> str:
    """Its buyer's address, masked."""
    return masked(invoicing.contact_of(subscription))


def _row(subscription: Subscription, most: int) -> Row:
    goes_on = subscription.state in (_S.TRIALING, _S.ACTIVE) and not (
        subscription.cancel_at_end or subscription.pause_at_end
    )
    is_late = subscription.state == _S.PAST_DUE
    return Row(
        subscription=subscription,
        contact=contact_shown(subscription),
        plan=plans.version(subscription.version_id).name,
        standing=standing(subscription),
        mrr=metrics.rounded(subscription.recurring, subscription.currency),
        next_charge=queries.next_sum(subscription) if goes_on or is_late else None,
        method=method_of(subscription),
        tries=f"{subscription.tries}/{most}" if is_late else "",
    )
