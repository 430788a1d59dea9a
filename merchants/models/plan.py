"""Plans of a membership: what is paid how often, in versions that never change once they are sold."""

from typing import Any, ClassVar

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q

from kernel import ids
from kernel.intervals import Unit
from kernel.machine import Machine
from kernel.money import Money

from .. import plan_words
from ..states import PLAN, PlanStatus
from .doors import Doors, choices
from .merchant import Merchant
from .product import MAX_PRICE, MAX_QUANTITY, Product
from .store import SLUG
from .texts import Bilingual

MOST_COUNT = {Unit.DAY: 1_095, Unit.MONTH: 36, Unit.QUARTER: 12, Unit.YEAR: 3}
"""The longest interval, three years: as long as the channels keep a permission to charge."""
MAX_TRIAL_DAYS = 730


class Plan(Doors):
    """A way to pay for a membership. What is sold is its newest published version."""

    machines: ClassVar[dict[str, Machine[Any]]] = {"status": PLAN}

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    merchant = models.ForeignKey(
        Merchant, on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    product = models.ForeignKey(
        Product, on_delete=models.PROTECT, related_name="plans", db_constraint=False, db_index=False
    )
    slug = models.CharField(max_length=60, validators=[RegexValidator(SLUG)])
    name_zh = models.CharField(max_length=80, blank=True)
    name_en = models.CharField(max_length=80, blank=True)
    status = models.CharField(max_length=8, choices=choices(PlanStatus), default=PlanStatus.DRAFT)
    position = models.IntegerField(default=0)  # place among the product's plans, ascending
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    name = Bilingual()

    class Meta:
        ordering: ClassVar[list[str]] = ["position", "id"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["product", "slug"], name="plan_slug_once"),
            models.UniqueConstraint(fields=["merchant", "id"], name="plan_of_merchant"),
            models.CheckConstraint(condition=Q(slug__regex=SLUG), name="plan_slug"),
            models.CheckConstraint(condition=~Q(name_zh="") | ~Q(name_en=""), name="plan_named"),
            models.CheckConstraint(condition=Q(status__in=list(PlanStatus)), name="plan_status"),
        ]

    def __str__(self) -> str:
        return self.name_zh or self.name_en

    @property
    def key(self) -> str:
        """The plan's name in the dashboard and the API: `pln_…`."""
        return ids.encode("pln", self.id)


class PlanVersion(models.Model):
    """The terms of a plan: `count` times `unit` a period, free for `trial_days` first.

    Until it is published it is a draft, one a plan; after that it stays as it is, for those who have it.
    """

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    merchant = models.ForeignKey(
        Merchant, on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    plan = models.ForeignKey(
        Plan, on_delete=models.PROTECT, related_name="versions", db_constraint=False, db_index=False
    )
    number = models.IntegerField()  # 1, 2, 3 … of the plan's
    unit = models.CharField(max_length=7, choices=choices(Unit))
    count = models.SmallIntegerField()
    trial_days = models.SmallIntegerField(default=0)
    min_quantity = models.IntegerField(default=1)
    max_quantity = models.IntegerField(default=1)
    created_at = models.DateTimeField(auto_now_add=True)
    published_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["number"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["plan", "number"], name="plan_version_once"),
            models.UniqueConstraint(fields=["merchant", "id"], name="plan_version_of_merchant"),
            models.UniqueConstraint(
                fields=["plan"], condition=Q(published_at__isnull=True), name="plan_version_one_draft"
            ),
            models.CheckConstraint(condition=Q(number__gte=1), name="plan_version_number"),
            models.CheckConstraint(
                condition=Q(unit=Unit.DAY, count__gte=1, count__lte=MOST_COUNT[Unit.DAY])
                | Q(unit=Unit.MONTH, count__gte=1, count__lte=MOST_COUNT[Unit.MONTH])
                | Q(unit=Unit.QUARTER, count__gte=1, count__lte=MOST_COUNT[Unit.QUARTER])
                | Q(unit=Unit.YEAR, count__gte=1, count__lte=MOST_COUNT[Unit.YEAR]),
                name="plan_version_interval",
            ),
            models.CheckConstraint(
                condition=Q(trial_days__gte=0, trial_days__lte=MAX_TRIAL_DAYS), name="plan_version_trial"
            ),
            models.CheckConstraint(
                condition=Q(min_quantity__gte=1, max_quantity__gte=F("min_quantity"))
                & Q(max_quantity__lte=MAX_QUANTITY),
                name="plan_version_quantities",
            ),
        ]

    def __str__(self) -> str:
        return f"v{self.number}"

    @property
    def key(self) -> str:
        """The version's name in the API: `plv_…`."""
        return ids.encode("plv", self.id)

    @property
    def period(self) -> str:
        """Its period in words: “month”, “10 days”."""
        return plan_words.period(self.unit, self.count)

    @property
    def trial(self) -> str:
        """What is free first, in words; empty where nothing is."""
        return plan_words.trial(self.trial_days)

    @property
    def is_draft(self) -> bool:
        """Whether it was not published yet."""
        return self.published_at is None


class PlanPrice(models.Model):
    """What one costs for one period, in minor units of a currency."""

    id = models.BigAutoField(primary_key=True)
    version = models.ForeignKey(
        PlanVersion, on_delete=models.CASCADE, related_name="prices", db_constraint=False, db_index=False
    )
    currency = models.CharField(max_length=5)
    amount = models.BigIntegerField()

    class Meta:
        ordering: ClassVar[list[str]] = ["currency"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["version", "currency"], name="plan_price_once"),
            models.CheckConstraint(condition=Q(currency__regex="^[A-Z]{3,5}$"), name="plan_price_currency"),
            models.CheckConstraint(condition=Q(amount__gt=0, amount__lte=MAX_PRICE), name="plan_price"),
        ]

    def __str__(self) -> str:
        return str(self.money)

    @property
    def money(self) -> Money:
        """The price."""
        return Money(self.amount, self.currency)
