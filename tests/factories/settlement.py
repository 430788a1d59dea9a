"""Fee plans."""

from datetime import timedelta
from decimal import Decimal

import factory

from kernel import clock
from settlement.models import FeePlanVersion

from .merchants import MerchantFactory


class FeePlanFactory(factory.django.DjangoModelFactory):
    """One per cent, the channel's fee on the merchant, T+1 in China; in force since a minute ago."""

    class Meta:
        model = FeePlanVersion

    merchant = factory.SubFactory(MerchantFactory)
    rate = Decimal("0.01")
    starts_at = factory.LazyFunction(lambda: clock.now() - timedelta(minutes=1))
