"""Coupons: what is taken off a price, for whom, on what, how often; their codes; and each use of one.

The counters `used` and a use's `ordinal` are kept by the database (migration 0010): nobody else writes them.
"""

from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q

from kernel import ids
from kernel.books import Book
from kernel.machine import Machine
from kernel.money import Money

from ..states import COUPON, COUPON_USE, LIVE_USES, Carrier, CouponKind, CouponStatus, UseState
from .doors import Doors, choices
from .merchant import Merchant
from .product import MAX_PRICE, Product
from .store import Store

CODE = "^[A-Z0-9]{3,32}$"
CODE_LENGTH = 32
MAX_PER_BUYER = 1_000
_SUMS = [CouponKind.FIXED, CouponKind.SPEND_AND_SAVE]
_LIVE = Q(state__in=sorted(LIVE_USES))


class Coupon(Doors):
    """A promise to take something off a price. Sums are minor units of `currency`, `percent` is per cent.

    What was promised is fixed with the first use: a coupon of other terms is another coupon. Limits, window,
    name, products and status may change.
    """

    machines: ClassVar[dict[str, Machine[Any]]] = {"status": COUPON}

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    merchant = models.ForeignKey(
        Merchant, on_delete=models.PROTECT, related_name="coupons", db_constraint=False, db_index=False
    )
    book = models.CharField(max_length=8, choices=choices(Book))
    store = models.ForeignKey(  # none: every store of the merchant's
        Store, on_delete=models.PROTECT, null=True, blank=True, related_name="coupons", db_constraint=False
    )
    name = models.CharField(max_length=80)  # the merchant's own note; no buyer reads it
    kind = models.CharField(max_length=14, choices=choices(CouponKind))
    amount = models.BigIntegerField(null=True, blank=True)  # of a sum: what is taken off
    percent = models.DecimalField(max_digits=5, decimal_places=2, null=True, blank=True)
    cap = models.BigIntegerField(null=True, blank=True)  # the most that a percentage takes off
    minimum = models.BigIntegerField(null=True, blank=True)  # the least that is spent, before any discount
    currency = models.CharField(max_length=5, blank=True)  # none: a bare percentage, for any
    carrier = models.CharField(max_length=8, choices=choices(Carrier), default=Carrier.MERCHANT)
    first_order = models.BooleanField(default=False)  # only for who has not paid an order yet
    per_buyer = models.IntegerField(null=True, blank=True)  # live uses of one buyer; none: no limit
    most_uses = models.IntegerField(null=True, blank=True)  # live uses in all; none: no limit
    used = models.IntegerField(default=0)  # live uses
    stackable = models.BooleanField(default=False)  # together with others that are so too
    starts_at = models.DateTimeField(null=True, blank=True)
    ends_at = models.DateTimeField(null=True, blank=True)  # none: open; at this instant it is over
    status = models.CharField(max_length=6, choices=choices(CouponStatus), default=CouponStatus.ACTIVE)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        permissions: ClassVar[list[Any]] = [("carry_coupon", "Can make coupons that the platform carries")]
        constraints: ClassVar[list[Any]] = [
            # What codes, products and uses must agree with; the first also lists a merchant's coupons.
            models.UniqueConstraint(fields=["merchant", "id"], name="coupon_of_merchant"),
            models.UniqueConstraint(fields=["id", "merchant", "book", "carrier"], name="coupon_agreed"),
            models.CheckConstraint(condition=Q(book__in=list(Book)), name="coupon_book"),
            models.CheckConstraint(condition=Q(kind__in=list(CouponKind)), name="coupon_kind"),
            models.CheckConstraint(condition=Q(carrier__in=list(Carrier)), name="coupon_carrier"),
            models.CheckConstraint(condition=Q(status__in=list(CouponStatus)), name="coupon_status"),
            models.CheckConstraint(
                condition=Q(
                    kind__in=_SUMS,
                    amount__isnull=False,
                    amount__gte=1,
                    amount__lte=MAX_PRICE,
                    percent__isnull=True,
                    cap__isnull=True,
                )
                | Q(
                    kind=CouponKind.PERCENTAGE,
                    amount__isnull=True,
                    percent__isnull=False,
                    percent__gt=0,
                    percent__lte=100,
                ),
                name="coupon_terms",
            ),
            models.CheckConstraint(
                condition=Q(cap__isnull=True) | Q(cap__gte=1, cap__lte=MAX_PRICE), name="coupon_cap"
            ),
            models.CheckConstraint(
                condition=(Q(minimum__isnull=True) & ~Q(kind=CouponKind.SPEND_AND_SAVE))
                | Q(minimum__isnull=False, minimum__gte=1, minimum__lte=MAX_PRICE),
                name="coupon_minimum",
            ),
            models.CheckConstraint(
                condition=~Q(kind=CouponKind.SPEND_AND_SAVE) | Q(amount__lt=F("minimum")),
                name="coupon_saves_less_than_spent",
            ),
            models.CheckConstraint(
                condition=Q(currency__regex="^[A-Z]{3,5}$")
                | Q(currency="", amount__isnull=True, cap__isnull=True, minimum__isnull=True),
                name="coupon_currency",
            ),
            models.CheckConstraint(
                condition=Q(per_buyer__isnull=True) | Q(per_buyer__gte=1, per_buyer__lte=MAX_PER_BUYER),
                name="coupon_per_buyer",
            ),
            models.CheckConstraint(
                condition=Q(first_order=False) | Q(per_buyer__isnull=False, per_buyer=1),
                name="coupon_first_order_once",
            ),
            models.CheckConstraint(
                condition=Q(used__gte=0) & (Q(most_uses__isnull=True) | Q(used__lte=F("most_uses"))),
                name="coupon_used_up",
            ),
            models.CheckConstraint(
                condition=Q(most_uses__isnull=True) | Q(most_uses__gte=1), name="coupon_most_uses"
            ),
            models.CheckConstraint(
                condition=Q(starts_at__isnull=True) | Q(ends_at__isnull=True) | Q(starts_at__lt=F("ends_at")),
                name="coupon_window",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def key(self) -> str:
        """The coupon's name in addresses and the API: `cpn_…`."""
        return ids.encode("cpn", self.id)

    def money(self, amount: int | None) -> Money | None:
        """One of its sums, in its currency."""
        return None if amount is None else Money(amount, self.currency)


class CouponProduct(models.Model):
    """A product that a coupon is for. A coupon without any is for all of its store or merchant."""

    id = models.BigAutoField(primary_key=True)
    coupon = models.ForeignKey(
        Coupon, on_delete=models.CASCADE, related_name="products", db_constraint=False, db_index=False
    )
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="+", db_constraint=False)
    merchant = models.ForeignKey(
        Merchant, on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["coupon", "product"], name="coupon_product_once"),
        ]

    def __str__(self) -> str:
        return f"{self.coupon_id}: {self.product_id}"


class CouponCode(models.Model):
    """What a buyer types: upper-case letters and digits, once a merchant. Others are made by their batch."""

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    coupon = models.ForeignKey(Coupon, on_delete=models.PROTECT, related_name="codes", db_constraint=False)
    merchant = models.ForeignKey(
        Merchant, on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    code = models.CharField(max_length=CODE_LENGTH)
    most_uses = models.IntegerField(null=True, blank=True)  # live uses of this code; none: as its coupon
    used = models.IntegerField(default=0)
    buyer_key = models.BinaryField(max_length=16, null=True, blank=True)  # of the one buyer that may use it
    batch = models.UUIDField(null=True, blank=True)  # the generation that made it
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["merchant", "code"], name="coupon_code_once"),
            models.UniqueConstraint(fields=["id", "coupon"], name="coupon_code_of_coupon"),
            models.CheckConstraint(condition=Q(code__regex=CODE), name="coupon_code"),
            models.CheckConstraint(
                condition=Q(used__gte=0) & (Q(most_uses__isnull=True) | Q(used__lte=F("most_uses"))),
                name="coupon_code_used_up",
            ),
            models.CheckConstraint(
                condition=Q(most_uses__isnull=True) | Q(most_uses__gte=1), name="coupon_code_most_uses"
            ),
        ]
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=["batch"], condition=Q(batch__isnull=False), name="coupon_code_batch"),
        ]

    def __str__(self) -> str:
        return self.code


class CouponUse(Doors):
    """One code on one order. `order_id` is a bare id: this app does not know orders.

    `ordinal` numbers a buyer's live uses of a coupon that limits them; `discount` is in minor units.
    """

    machines: ClassVar[dict[str, Machine[Any]]] = {"state": COUPON_USE}

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    coupon = models.ForeignKey(
        Coupon, on_delete=models.PROTECT, related_name="uses", db_constraint=False, db_index=False
    )
    code = models.ForeignKey(
        CouponCode, on_delete=models.PROTECT, related_name="uses", db_constraint=False, db_index=False
    )
    merchant = models.ForeignKey(
        Merchant, on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    book = models.CharField(max_length=8, choices=choices(Book))
    order_id = models.UUIDField()
    buyer_key = models.BinaryField(max_length=16)
    ordinal = models.IntegerField(null=True, blank=True)
    discount = models.BigIntegerField()
    currency = models.CharField(max_length=5)
    carrier = models.CharField(max_length=8, choices=choices(Carrier))
    state = models.CharField(max_length=8, choices=choices(UseState), default=UseState.RESERVED)
    reserved_at = models.DateTimeField()
    redeemed_at = models.DateTimeField(null=True, blank=True)
    returned_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["order_id", "coupon"], name="coupon_use_once"),
            models.UniqueConstraint(
                fields=["coupon", "buyer_key", "ordinal"],
                condition=_LIVE & Q(ordinal__isnull=False),
                name="coupon_use_of_buyer",
            ),
            models.CheckConstraint(condition=Q(book__in=list(Book)), name="coupon_use_book"),
            models.CheckConstraint(condition=Q(state__in=list(UseState)), name="coupon_use_state"),
            models.CheckConstraint(condition=Q(carrier__in=list(Carrier)), name="coupon_use_carrier"),
            models.CheckConstraint(condition=Q(currency__regex="^[A-Z]{3,5}$"), name="coupon_use_currency"),
            models.CheckConstraint(condition=Q(discount__gte=1), name="coupon_use_discount"),
            models.CheckConstraint(
                condition=Q(ordinal__isnull=True) | Q(ordinal__gte=1), name="coupon_use_ordinal"
            ),
            models.CheckConstraint(
                condition=Q(redeemed_at__isnull=False) | ~Q(state=UseState.REDEEMED),
                name="coupon_use_redeemed_at",
            ),
            models.CheckConstraint(
                condition=Q(returned_at__isnull=False) | ~Q(state=UseState.RETURNED),
                name="coupon_use_returned_at",
            ),
        ]
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=["coupon", "id"], name="coupon_uses"),
            models.Index(fields=["code"], name="coupon_uses_of_code"),
        ]

    def __str__(self) -> str:
        return f"{self.code_id}: {self.order_id}"
