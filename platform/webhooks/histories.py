"""Where the events about a few things went, for a page about one of them."""

from collections.abc import Collection
from uuid import UUID

from .models import Delivery, Endpoint, PublicEvent

_AT_MOST = 50


def deliveries_about(merchant_id: UUID, subjects: Collection[UUID]) -> list[Delivery]:
    """The deliveries of the latest events about these things to the merchant's endpoints, newest first."""
    told = PublicEvent.objects.filter(merchant_id=merchant_id, subject_id__in=subjects)
    numbers = list(told.order_by("-number").values_list("number", flat=True)[:_AT_MOST])
    mine = list(Endpoint.objects.filter(merchant_id=merchant_id).values_list("pk", flat=True))
    rows = Delivery.objects.select_related("endpoint").filter(endpoint__in=mine, number__in=numbers)
    return list(rows.order_by("-number", "endpoint_id")[:_AT_MOST])
