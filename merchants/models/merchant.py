"""Merchants, their sandbox twins, and the licences under which a platform may hold their money."""

from datetime import date, timedelta
from typing import Any, ClassVar

from django.db import models
from django.db.models import Q

from kernel import ids
from kernel.books import Book

from ..states import MerchantStatus, SettlementMode

COUNTRY = "^[A-Z]{2}$"


class Licence(models.Model):
    """A permission to hold third parties' money. `demo` licences are refused by the production checks."""

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    number = models.CharField(max_length=64)
    holder = models.CharField(max_length=160)
    jurisdiction = models.CharField(max_length=2)  # ISO 3166 alpha-2; it covers merchants of this country
    valid_from = models.DateField()
    valid_to = models.DateField()
    demo = models.BooleanField(default=False)
    recorded_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["jurisdiction", "number"], name="licence_number"),
            models.CheckConstraint(condition=Q(valid_from__lte=models.F("valid_to")), name="licence_period"),
            models.CheckConstraint(condition=Q(jurisdiction__regex=COUNTRY), name="licence_jurisdiction"),
            models.CheckConstraint(condition=~Q(number="") & ~Q(holder=""), name="licence_named"),
        ]

    def __str__(self) -> str:
        return f"{self.number} ({self.jurisdiction})"

    def is_in_force(self, day: date) -> bool:
        """Whether the licence covers `day`."""
        return self.valid_from <= day <= self.valid_to


class MerchantQuerySet(models.QuerySet["Merchant"]):
    """Merchants of one book; nothing reads across the two."""

    def live(self) -> "MerchantQuerySet":
        """Those of the live book."""
        return self.filter(book=Book.LIVE)

    def sandbox(self) -> "MerchantQuerySet":
        """The twins."""
        return self.filter(book=Book.SANDBOX)


class Merchant(models.Model):
    """Who sells. A live merchant has at most one sandbox twin, a merchant of its own with `twin_of` set."""

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    name = models.CharField(max_length=120)
    book = models.CharField(max_length=8, choices=[(b.value, b.value) for b in Book])
    twin_of = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="twin", editable=False
    )
    settlement_mode = models.CharField(
        max_length=16, choices=[(m.value, m.value) for m in SettlementMode], default=SettlementMode.DIRECT
    )
    licence = models.ForeignKey(
        Licence, on_delete=models.PROTECT, null=True, blank=True, related_name="merchants"
    )
    clock_ahead = models.DurationField(default=timedelta)  # a twin's clock runs this far ahead; it only grows
    language = models.CharField(max_length=10, default="zh-hans")
    time_zone = models.CharField(max_length=40, default="Asia/Shanghai")
    country = models.CharField(max_length=2, default="CN")  # ISO 3166 alpha-2
    status = models.CharField(
        max_length=10, choices=[(s.value, s.value) for s in MerchantStatus], default=MerchantStatus.ACTIVE
    )
    created_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[Any] = MerchantQuerySet.as_manager()

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["id", "book"], name="merchant_id_book"),
            models.CheckConstraint(condition=Q(book__in=list(Book)), name="merchant_book"),
            models.CheckConstraint(
                condition=Q(book=Book.LIVE, twin_of__isnull=True)
                | Q(book=Book.SANDBOX, twin_of__isnull=False),
                name="merchant_twin_is_sandbox",
            ),
            models.CheckConstraint(
                condition=Q(settlement_mode__in=list(SettlementMode)), name="merchant_settlement_mode"
            ),
            models.CheckConstraint(
                condition=~Q(settlement_mode=SettlementMode.PLATFORM_PAYOUT) | Q(licence__isnull=False),
                name="merchant_payout_has_licence",
            ),
            models.CheckConstraint(
                condition=Q(clock_ahead=timedelta()) | Q(book=Book.SANDBOX, clock_ahead__gt=timedelta()),
                name="merchant_clock_ahead",
            ),
            models.CheckConstraint(condition=Q(country__regex=COUNTRY), name="merchant_country"),
            models.CheckConstraint(condition=Q(status__in=list(MerchantStatus)), name="merchant_status"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def key(self) -> str:
        """The merchant's name in addresses: `mer_…`."""
        return ids.encode("mer", self.id)

    @property
    def is_sandbox(self) -> bool:
        """Whether this is a twin, whose money is play money."""
        return self.book == Book.SANDBOX

    @property
    def team_id(self) -> Any:
        """The merchant whose members these are: a twin has its live merchant's."""
        return self.twin_of_id or self.id
