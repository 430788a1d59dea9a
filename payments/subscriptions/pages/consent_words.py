"""The words that a buyer agrees to, beside the box to tick or above the button."""

from django.utils.translation import get_language

from kernel.money import Money
from merchants.plan_offers import PlanOffer
from merchants.services import plans

from ..models import Subscription
from ..services import consenting


def of(found: Subscription, price: Money, plan: PlanOffer | None = None) -> str:
    """The words for this price a period, and for another `plan` where one is chosen."""
    return consenting.shown(
        store_id=found.store_id,
        country=found.merchant.country,
        plan=plan or plans.version(found.version_id),
        title=found.title,
        price=price,
        merchant_id=found.merchant_id,
        language=get_language() or found.language,
    )
