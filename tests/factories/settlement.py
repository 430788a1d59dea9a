"""Fee plans."""

from datetime import timedelta
from decimal import Decimal

import factory

from kernel import clock, ids
from settlement.models import FeePlanVersion


class FeePlanFactory(factory.django.DjangoModelFactory):
    """One per cent, the channel's fee on the merchant, T+1 in China; in force since a minute ago."""

    class Meta:
        model = FeePlanVersion

    merchant_id = factory.LazyFunction(ids.new)
    rate = Decimal("0.01")
    starts_at = factory.LazyFunction(lambda: clock.now() - timedelta(minutes=1))
