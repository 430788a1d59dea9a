"""Orders: placed, looked at, cancelled, given more time; and their keys."""

import re
from typing import Any
from urllib.parse import urlsplit

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, OuterRef, Prefetch, QuerySet
from django.http import HttpResponse
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request

from kernel.money import Money
from merchants import coupon_texts
from merchants.discounts import MOST_STACKED
from merchants.models import CouponCode, Product
from merchants.models.coupon import CODE_LENGTH
from merchants.services import catalogue
from merchants.services.catalogue import Offer
from merchants.states import ProductKind
from web.api.answers import answer
from web.api.errors import ObjectMissing
from web.api.fields import IdField, MoneyField, TextField, WholeField
from web.api.lists import Filters, IdFilter, filters
from web.api.serializers import Asked, Shown
from web.api.views import Endpoint

from ..errors import MethodUnavailable
from ..forms import email_of
from ..models import Dispute, Order, Payment
from ..models.dispute import STANDING
from ..services import accounts, checkout, deliveries, expiry, memos
from ..services.baskets import Basket, contact_key
from ..states import Device, PaymentState
from .shapes import FULFILMENTS, PAYMENT_STATES, OrderShown

_METHOD = r"^[a-z]{1,12}\.[a-z_]{1,11}$"
_PAIRS_MOST, _NAME_MOST, _VALUE_MOST = 20, 40, 500
LANGUAGES = {"zh": "zh-hans", "en": "en"}


@extend_schema_field({"type": "string", "format": "email", "maxLength": 200})
class MailField(TextField):
    """An address that a mail can be sent to."""


class Metadata(serializers.DictField):
    """Up to twenty texts under names of your own."""

    child = TextField(max_length=_VALUE_MOST, allow_blank=True, trim_whitespace=False)

    def to_internal_value(self, data: Any) -> Any:
        """The pairs. Raises ValidationError."""
        if (
            not isinstance(data, dict)
            or len(data) > _PAIRS_MOST
            or any(len(key) > _NAME_MOST for key in data)
        ):
            raise serializers.ValidationError(
                _("Send an object with at most 20 names of at most 40 characters.")
            )
        return super().to_internal_value(data)


class Buyer(Asked):
    """What is known of the buyer's surroundings. Limits and risk rules count by it: forward it unchanged."""

    ip = serializers.IPAddressField(
        required=False,
        help_text="The address of the buyer's browser as your server sees it. Without it your server's own "
        "counts, and one address may keep ten unpaid orders.",
    )
    device = serializers.ChoiceField(
        [device.value for device in Device], required=False, help_text="Orders the payment methods."
    )


class OrderAsked(Asked):
    """What is bought, by whom. The price is the catalogue's; it cannot be sent."""

    product = IdField("prd")
    quantity = WholeField(min_value=1, max_value=1_000, default=1)
    email = MailField(max_length=200, help_text="The buyer's: the keys are mailed there.")
    method = serializers.RegexField(
        _METHOD,
        required=False,
        max_length=24,
        help_text="`alipay.page`, `alipay.wap`, `alipay.qr` … Without one the best for the device is taken; "
        "the buyer may choose another at `checkout_url`.",
    )
    expected_total = MoneyField(
        required=False,
        help_text="What the buyer was shown, before any discount. If the catalogue says otherwise: 409.",
    )
    codes = serializers.ListField(
        child=TextField(max_length=CODE_LENGTH + 8),
        required=False,
        max_length=MOST_STACKED,
        help_text="Coupon codes, at most three. One that does not hold refuses the order: `coupons.expired`, "
        "`coupons.used_up` …",
    )
    reference = TextField(max_length=64, required=False, help_text="Your own number for it.")
    metadata = Metadata(required=False, help_text="Up to 20 texts of your own.")
    return_url = serializers.URLField(
        max_length=500, required=False, help_text="`https://…`, where the buyer's page leads back."
    )
    language = serializers.ChoiceField(
        list(LANGUAGES), required=False, help_text="The buyer's; otherwise that of Accept-Language."
    )
    buyer = Buyer(required=False)

    def validate_email(self, value: str) -> str:
        """An address that a mail can be sent to."""
        address = email_of(value)
        if not address:
            raise serializers.ValidationError(_("Enter an e-mail address such as name@example.com."))
        return address

    def validate_return_url(self, value: str) -> str:
        """Another site's page over TLS; in the sandbox also one of the developer's own machine."""
        parts = urlsplit(value)
        is_home = self.context["view"].caller.book == "sandbox" and parts.hostname in (
            "localhost",
            "127.0.0.1",
        )
        if (parts.scheme != "https" and not is_home) or parts.username or re.search(r"[\s\\]", value):
            raise serializers.ValidationError(_("Send an https address."))
        return value


class KeysShown(Shown):
    """The keys of a delivered order, in their order."""

    order = IdField("ord")
    keys = serializers.ListField(child=serializers.CharField())


class OrderFilters(Filters):
    """Which orders are listed."""

    payment_state = filters.ChoiceFilter(choices=[(state, state) for state in PAYMENT_STATES])
    fulfilment = filters.ChoiceFilter(choices=[(state, state) for state in FULFILMENTS])
    product = IdFilter("prd", field_name="product_id", label="The product's id.")
    reference = filters.CharFilter(field_name="memo__reference", max_length=64, label="Your own number.")
    email = filters.CharFilter(method="of_buyer", max_length=200, label="The buyer's whole e-mail address.")
    number = filters.CharFilter(max_length=13, label="The number that people read out.")

    def of_buyer(self, rows: QuerySet[Order], _name: str, value: str) -> QuerySet[Order]:
        """Those of one buyer, found by the fingerprint of the address."""
        merchant_id = self.request.user.merchant_id
        return rows.filter(contact_key=contact_key(merchant_id, value))


EXAMPLE = {
    "product": "prd_01jdb6yb8wfcz9yjjwdnyrz2gb",
    "quantity": 1,
    "email": "buyer@example.com",
    "reference": "cart-1842",
    "return_url": "https://shop.example.com/thanks",
    "buyer": {"ip": "203.0.113.7", "device": "mobile"},
}


class Orders(Endpoint):
    """A product, a quantity, a buyer."""

    model = Order
    prefix = "ord"
    tag = "orders"
    shown = OrderShown
    filterset_class = OrderFilters
    scopes = {"keys": "keys:read"}  # noqa: RUF012
    asks_for_key = frozenset({"create"})
    calls_out = frozenset({"create", "cancel"})
    related = ("memo",)

    def get_queryset(self) -> Any:
        """The caller's orders with their payments."""
        attempts = Payment.objects.order_by("ordinal")
        said = CouponCode.objects.filter(uses__order_id=OuterRef("pk")).order_by("code").values("code")
        rows = (
            super()
            .get_queryset()
            .annotate(
                codes=ArraySubquery(said),
                is_disputed=Exists(Dispute.objects.filter(STANDING, order=OuterRef("pk"))),
            )
        )
        return rows.prefetch_related(Prefetch("payments", attempts))

    @extend_schema(summary="List orders")
    def list(self, request: Request) -> HttpResponse:  # noqa: ARG002
        """Newest first."""
        return self.page()

    @extend_schema(summary="Get an order")
    def retrieve(self, request: Request, id: str) -> HttpResponse:  # noqa: ARG002
        """One order, as it stands now."""
        return self.shows(self.one(id))

    @extend_schema(
        summary="Place an order",
        request=OrderAsked,
        responses={201: OrderShown},
        examples=[OpenApiExample("One key", EXAMPLE, request_only=True)],
    )
    def create(self, request: Request) -> HttpResponse:
        """Reserves the keys and opens a payment, under the limits and risk rules of the store's own page.

        Send the buyer to `checkout_url`, or show `action` yourself. Refusals worth a sentence of your own:
        `merchants.out_of_stock`, `merchants.bad_quantity`, `merchants.not_for_sale`,
        `payments.price_changed`,
        `payments.method_unavailable`, `payments.too_many_unpaid` (429), `payments.risk_refused` (403).
        """
        asked = self.read(OrderAsked)
        offer = self._offer(asked["product"])
        buyer = asked.get("buyer", {})
        device = Device(buyer.get("device", Device.DESKTOP))
        memo = memos.Draft(
            api_key_id=self.caller.key_id,
            reference=asked.get("reference", ""),
            return_url=asked.get("return_url", ""),
            metadata=asked.get("metadata", {}),
        )
        placed = checkout.buy(
            Basket(
                product_id=offer.product_id,
                quantity=asked["quantity"],
                contact=asked["email"],
                method=asked.get("method") or _best_method(offer, asked["quantity"], device),
                form_key=self.claim_id,
                address=buyer.get("ip") or request.META.get("REMOTE_ADDR", ""),
                language=LANGUAGES.get(asked.get("language", ""), get_language() or "zh-hans"),
                device=device,
                agreed=asked.get("expected_total"),
                codes=normalised_codes(asked.get("codes", [])),
                actor=self.caller.actor,
                memo=memo,
            )
        )
        return self.shows(self.get_queryset().get(pk=placed.order_id), status=201)

    @extend_schema(summary="Cancel an order", request=None)
    def cancel(self, request: Request, id: str) -> HttpResponse:  # noqa: ARG002
        """Ends an unpaid order: its payment is closed at the channel first, then its keys go back.

        The answer is the order as it then stands: where the buyer's money was faster it is paid. One that is
        cancelled already stays so; any other is refused with `payments.not_payable`.
        """
        order = self.one(id)
        self.read(Asked)
        if order.payment_state != PaymentState.CANCELLED:
            expiry.cancel(order, actor=self.caller.actor)
        return self.shows(self.one(id))

    @extend_schema(summary="Give an order more time", request=None)
    def extend(self, request: Request, id: str) -> HttpResponse:  # noqa: ARG002
        """Fifteen more minutes for an unpaid order, twice at most, while keys are left for others."""
        order = self.one(id)
        self.read(Asked)
        expiry.extend(order)
        return self.shows(self.one(id))

    @extend_schema(summary="Read the keys of an order", responses=KeysShown)
    def keys(self, request: Request, id: str) -> HttpResponse:  # noqa: ARG002
        """The keys that were delivered. Every look is written to the trail, with the API key that looked.

        Refused with `payments.not_delivered` before the delivery.
        """
        order = self.one(id)
        keys = deliveries.reveal(order, actor=self.caller.actor)
        return answer(KeysShown({"order": order.pk, "keys": keys}).data)

    def _offer(self, product_id: Any) -> Offer:
        """The caller's product as it is sold now. Raises ValidationError, NotForSale."""
        found = self.mine(Product).filter(pk=product_id).first()
        if found is None:
            raise ObjectMissing("product")
        if found.kind == ProductKind.MEMBERSHIP:
            raise serializers.ValidationError({"product": [_("Start a membership by POST /subscriptions.")]})
        return catalogue.offer(product_id)


def normalised_codes(sent: list[str]) -> tuple[str, ...]:
    """Each once, as they are kept."""
    return tuple(dict.fromkeys(coupon_texts.normalised(text) for text in sent))


def _best_method(offer: Offer, quantity: int, device: Device) -> str:
    total: Money = offer.quote(quantity).total
    for choice in accounts.choices(offer.merchant_id, total, device):
        return choice.method.code
    raise MethodUnavailable(method="")
