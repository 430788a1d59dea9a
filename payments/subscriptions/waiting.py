"""What waits for somebody on a merchant's desk."""

from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext

from merchants.models import Merchant, Store
from payments.sales import Waiting

from .models import Subscription
from .states import SubscriptionState


def past_due(merchant: Merchant, store: Store | None) -> Waiting | None:
    """Memberships whose period is not paid."""
    found = Subscription.objects.filter(merchant=merchant, state=SubscriptionState.PAST_DUE)
    count = (found.filter(store=store) if store else found).count()
    if not count:
        return None
    query = {"view": "past_due"} | ({"store": store.key} if store else {})
    address = reverse("subscriptions:list", args=[merchant.key])
    return Waiting(gettext("Subscriptions past due"), count, "danger", f"{address}?{urlencode(query)}")
