"""Entitlements: what a member may use, from when to when, and each time that was granted.

`ends_at` is kept by the database (migration 0012): nobody else writes it.
"""

from datetime import datetime
from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q

from kernel import ids
from kernel.books import Book

from ..states import EntitlementState, GrantKind
from .doors import choices
from .merchant import Merchant
from .product import MAX_QUANTITY, Product
from .store import Store

KEY = "^[0-9A-Za-z]{22}$"
KEY_LENGTH = 22


class EntitlementQuerySet(models.QuerySet["Entitlement"]):
    """Entitlements by how they stand."""

    def standing(self, state: EntitlementState, now: datetime) -> "EntitlementQuerySet":
        """Those that stand so at `now`, as `state_of` says of each."""
        begun = Q(revoked_at__isnull=True, suspended_at__isnull=True, starts_at__lte=now)
        active, grace = begun & Q(ends_at__gt=now), begun & Q(ends_at__lte=now, grace_until__gt=now)
        wanted = {
            EntitlementState.ACTIVE: active,
            EntitlementState.GRACE: grace,
            EntitlementState.REVOKED: Q(revoked_at__isnull=False),
            EntitlementState.OFF: Q(revoked_at__isnull=True) & ~active & ~grace,
        }
        return self.filter(wanted[state])


class Entitlement(models.Model):
    """A buyer's membership. Times are on the merchant's clock; how it stands is computed from them.

    `ends_at`: until when it is granted. `grace_until`: so long it stays on while a period is not paid yet.
    `key` opens it in the seller's own software: its buyer has it, and nobody else.
    """

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    merchant = models.ForeignKey(
        Merchant, on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    book = models.CharField(max_length=8, choices=choices(Book))
    store = models.ForeignKey(
        Store, on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    product = models.ForeignKey(
        Product, on_delete=models.PROTECT, related_name="entitlements", db_constraint=False, db_index=False
    )
    key = models.CharField(max_length=KEY_LENGTH, unique=True)
    contact_key = models.BinaryField(max_length=16)
    buyer_key = models.BinaryField(max_length=16)
    subscription_id = models.UUIDField(null=True, blank=True)  # a bare id: this app knows no subscriptions
    quantity = models.IntegerField()
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    grace_until = models.DateTimeField(null=True, blank=True)
    suspended_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    reason = models.CharField(max_length=200, blank=True, default="")  # of the suspension or revocation
    created_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[Any] = EntitlementQuerySet.as_manager()

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["merchant", "id"], name="entitlement_of_merchant"),
            models.UniqueConstraint(
                fields=["subscription_id"],
                condition=Q(subscription_id__isnull=False),
                name="entitlement_of_subscription",
            ),
            models.CheckConstraint(condition=Q(book__in=list(Book)), name="entitlement_book"),
            models.CheckConstraint(condition=Q(key__regex=KEY), name="entitlement_key"),
            models.CheckConstraint(
                condition=Q(quantity__gte=1, quantity__lte=MAX_QUANTITY), name="entitlement_quantity"
            ),
            models.CheckConstraint(condition=Q(ends_at__gte=F("starts_at")), name="entitlement_times"),
            models.CheckConstraint(
                condition=Q(grace_until__isnull=True) | Q(revoked_at__isnull=True), name="entitlement_grace"
            ),
        ]
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=["buyer_key", "merchant"], name="entitlement_of_buyer"),
            models.Index(fields=["product", "id"], name="entitlement_of_product"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """The entitlement's name in the dashboard and the API, which opens nothing: `ent_…`."""
        return ids.encode("ent", self.id)

    def state(self, now: datetime) -> EntitlementState:
        """How it stands at `now`, on the merchant's clock."""
        return state_of(
            now,
            starts_at=self.starts_at,
            ends_at=self.ends_at,
            grace_until=self.grace_until,
            suspended_at=self.suspended_at,
            revoked_at=self.revoked_at,
        )


class EntitlementGrant(models.Model):
    """A time that was granted, once for each invoice. Taken back, it ends at `revoked_from`."""

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    merchant = models.ForeignKey(
        Merchant, on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    entitlement = models.ForeignKey(
        Entitlement, on_delete=models.PROTECT, related_name="grants", db_constraint=False, db_index=False
    )
    invoice_id = models.UUIDField(null=True, blank=True)  # a bare id; none: granted by hand
    kind = models.CharField(max_length=5, choices=choices(GrantKind))
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    granted_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoked_from = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["starts_at", "id"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                fields=["invoice_id"], condition=Q(invoice_id__isnull=False), name="grant_once"
            ),
            models.CheckConstraint(condition=Q(kind__in=list(GrantKind)), name="grant_kind"),
            models.CheckConstraint(
                condition=Q(kind=GrantKind.FREE) | Q(invoice_id__isnull=False), name="grant_has_invoice"
            ),
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="grant_times"),
            models.CheckConstraint(
                condition=Q(revoked_at__isnull=True, revoked_from__isnull=True)
                | Q(
                    revoked_at__isnull=False,
                    revoked_from__gte=F("starts_at"),
                    revoked_from__lt=F("ends_at"),
                ),
                name="grant_revoked",
            ),
        ]
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=["entitlement", "starts_at"], name="grants_of_entitlement"),
        ]

    def __str__(self) -> str:
        return f"{self.starts_at:%F} – {self.ends_at:%F}"


def state_of(
    now: datetime,
    *,
    starts_at: datetime,
    ends_at: datetime,
    grace_until: datetime | None,
    suspended_at: datetime | None,
    revoked_at: datetime | None,
) -> EntitlementState:
    """The one definition of how an entitlement stands."""
    if revoked_at is not None:
        return EntitlementState.REVOKED
    if suspended_at is not None or now < starts_at:
        return EntitlementState.OFF
    if now < ends_at:
        return EntitlementState.ACTIVE
    if grace_until is not None and now < grace_until:
        return EntitlementState.GRACE
    return EntitlementState.OFF
