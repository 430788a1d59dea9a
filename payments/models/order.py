"""Orders: what a buyer asked for, at the price that the catalogue had."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q

from kernel import ids
from kernel.books import Book
from kernel.machine import Machine
from kernel.money import Money
from merchants.models import Merchant, Product, Store

from ..limits import MAX_EXTENSIONS
from ..states import ORDER_FULFILMENT, ORDER_PAYMENT, Device, Flag, Fulfilment, PaymentState
from ..tokens import TOKEN_LENGTH
from .doors import Doors, choices

_UNPAID = Q(payment_state=PaymentState.PENDING)


class OrderQuerySet(models.QuerySet["Order"]):
    """Every read starts from a merchant, from a token, or from a book."""

    def of(self, merchant: Merchant) -> "OrderQuerySet":
        """Those of one merchant, newest first."""
        return self.filter(merchant=merchant).order_by("-id")

    def overdue(self, book: Book) -> "OrderQuerySet":
        """Unpaid ones of a book, the longest overdue first; the caller compares with the merchant's clock."""
        return self.filter(_UNPAID, book=book).order_by("expires_at")


class Order(Doors):
    """One product, a quantity, a buyer.

    Amounts are minor units of `currency`. `contact` is sealed; `contact_key` and `address_key` are keyed
    fingerprints of the e-mail and of the network address; `buyer_key` is the e-mail's across all shops, by
    which its buyer finds it (null: placed before there were buyers). The two slots number a buyer's unpaid
    orders in a store: unique while unpaid, so that the database itself refuses one too many. Only what a
    subscription's period asks for by itself has none; `subscription_id` is of the app above.
    """

    machines: ClassVar[dict[str, Machine[Any]]] = {
        "payment_state": ORDER_PAYMENT,
        "fulfilment": ORDER_FULFILMENT,
    }

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    merchant = models.ForeignKey(
        Merchant, on_delete=models.PROTECT, related_name="orders", db_constraint=False, db_index=False
    )
    book = models.CharField(max_length=8, choices=choices(Book))
    store = models.ForeignKey(
        Store, on_delete=models.PROTECT, related_name="orders", db_constraint=False, db_index=False
    )
    product = models.ForeignKey(
        Product, on_delete=models.PROTECT, related_name="orders", db_constraint=False, db_index=False
    )
    subscription_id = models.UUIDField(null=True)
    number = models.CharField(max_length=13)
    token = models.CharField(max_length=TOKEN_LENGTH)
    form_key = models.UUIDField()

    title = models.CharField(max_length=120)  # the product's name when it was sold, in the buyer's language
    quantity = models.IntegerField()
    unit_price = models.BigIntegerField()
    discount = models.BigIntegerField(default=0, db_default=0)  # what coupons take off
    total = models.BigIntegerField()  # what is to be paid
    currency = models.CharField(max_length=5)

    contact = models.BinaryField()
    contact_key = models.BinaryField(max_length=16)
    buyer_key = models.BinaryField(max_length=16, null=True)
    contact_slot = models.SmallIntegerField(null=True)
    address_key = models.BinaryField(max_length=16)
    address_slot = models.SmallIntegerField(null=True)
    language = models.CharField(max_length=10)
    device = models.CharField(max_length=8, choices=choices(Device))

    payment_state = models.CharField(
        max_length=18, choices=choices(PaymentState), default=PaymentState.PENDING
    )
    fulfilment = models.CharField(max_length=9, choices=choices(Fulfilment), default=Fulfilment.NONE)
    paid_late = models.BooleanField(default=False)
    duplicate = models.BooleanField(default=False)
    underpaid = models.BooleanField(default=False)
    overpaid = models.BooleanField(default=False)
    decision_id = models.UUIDField(null=True)
    review = models.BooleanField(default=False)  # risk asks for a person's look before delivery
    extensions = models.SmallIntegerField(default=0)  # how often the buyer asked for more time

    placed_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)  # expired or cancelled
    paid_at = models.DateTimeField(null=True)
    delivered_at = models.DateTimeField(null=True)
    revealed_at = models.DateTimeField(null=True)  # when the buyer first looked at the keys

    objects: ClassVar[Any] = OrderQuerySet.as_manager()

    class Meta:
        constraints: ClassVar[list[Any]] = [
            # What a payment must agree with, as one key (migration 0002); it also lists a merchant's orders.
            models.UniqueConstraint(
                fields=["merchant", "id", "book", "currency", "total"], name="order_agreed"
            ),
            # As constraints: `unique=True` would give each text a second index, for LIKE.
            models.UniqueConstraint(fields=["number"], name="order_number_once"),
            models.UniqueConstraint(fields=["token"], name="order_token_once"),
            models.UniqueConstraint(fields=["store", "form_key"], name="order_form_once"),
            models.UniqueConstraint(
                fields=["store", "address_key", "address_slot"], condition=_UNPAID, name="order_address_slot"
            ),
            models.UniqueConstraint(
                fields=["store", "contact_key", "contact_slot"], condition=_UNPAID, name="order_contact_slot"
            ),
            models.CheckConstraint(condition=Q(book__in=list(Book)), name="order_book"),
            models.CheckConstraint(condition=Q(device__in=list(Device)), name="order_device"),
            models.CheckConstraint(
                condition=Q(payment_state__in=list(PaymentState)), name="order_payment_state"
            ),
            models.CheckConstraint(condition=Q(fulfilment__in=list(Fulfilment)), name="order_fulfilment"),
            models.CheckConstraint(
                condition=Q(
                    quantity__gte=1,
                    unit_price__gt=0,
                    discount__gte=0,
                    total__gt=0,
                    total=F("unit_price") * F("quantity") - F("discount"),
                ),
                name="order_total",
            ),
            models.CheckConstraint(
                condition=Q(
                    address_slot__isnull=False,
                    contact_slot__isnull=False,
                    address_slot__gte=1,
                    contact_slot__gte=1,
                )
                | Q(subscription_id__isnull=False, address_slot__isnull=True, contact_slot__isnull=True),
                name="order_slots_from_one",
            ),
            models.CheckConstraint(
                condition=Q(extensions__gte=0, extensions__lte=MAX_EXTENSIONS), name="order_extensions"
            ),
            # Goods leave only for money, and money has a time.
            models.CheckConstraint(
                condition=Q(paid_at__isnull=False)
                | Q(
                    payment_state__in=[
                        PaymentState.PENDING,
                        PaymentState.PROCESSING,
                        PaymentState.EXPIRED,
                        PaymentState.CANCELLED,
                    ],
                    fulfilment=Fulfilment.NONE,
                ),
                name="order_goods_for_money",
            ),
            models.CheckConstraint(
                condition=Q(delivered_at__isnull=False) | ~Q(fulfilment=Fulfilment.DELIVERED),
                name="order_delivered_at",
            ),
        ]
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=["book", "expires_at"], condition=_UNPAID, name="order_unpaid"),
            models.Index(fields=["store", "contact_key"], name="order_of_contact"),
            models.Index(
                fields=["buyer_key", "-id"], condition=Q(paid_at__isnull=False), name="order_of_buyer"
            ),
            models.Index(fields=["decision_id"], condition=Q(review=True), name="order_of_decision"),
            models.Index(
                fields=["subscription_id", "-id"],
                condition=Q(subscription_id__isnull=False),
                name="order_of_subscription",
            ),
            models.Index(
                fields=["merchant", "id"],
                condition=Q(fulfilment__in=[Fulfilment.QUEUED, Fulfilment.HELD, Fulfilment.FAILED]),
                name="order_to_do",
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def key(self) -> str:
        """The order's name in the dashboard and the API: `ord_…`."""
        return ids.encode("ord", self.id)

    @property
    def price(self) -> Money:
        """What the buyer pays in all."""
        return Money(self.total, self.currency)

    @property
    def list_price(self) -> Money:
        """What it costs before coupons."""
        return Money(self.unit_price * self.quantity, self.currency)

    @property
    def taken_off(self) -> Money:
        """What coupons take off."""
        return Money(self.discount, self.currency)

    @property
    def flags(self) -> list[Flag]:
        """The flags that are set."""
        return [flag for flag in Flag if getattr(self, flag)]
