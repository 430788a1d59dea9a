"""How orders, payments and refunds look by API."""

from typing import Any

from django.utils.translation import gettext
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from kernel import clock
from web.api.fields import IdField, MoneyField, TimestampField, id_schema
from web.api.serializers import Shown

from ..channels.base import ActionKind
from ..failures import Failure
from ..models import Memo, Order, Payment
from ..services.addresses import order_url
from ..services.orders import contact_of
from ..states import AttemptState, Flag, Fulfilment, PaymentState, RefundKind, RefundState, Use

PAYMENT_STATES = [state.value for state in PaymentState]
FULFILMENTS = [state.value for state in Fulfilment]
ATTEMPT_STATES = [state.value for state in AttemptState]
REFUND_STATES = [state.value for state in RefundState]
REFUND_KINDS = [kind.value for kind in RefundKind]
USES = [use.value for use in Use if use]
FAILURES = [failure.value for failure in Failure]

_ACTION = {
    "type": ["object", "null"],
    "description": "What the buyer does next: open a `link`, scan the text of a `qr` code; null: nothing.",
    "required": ["kind", "value"],
    "properties": {
        "kind": {"type": "string", "enum": [kind.value for kind in ActionKind]},
        "value": {"type": "string", "example": "https://openapi.alipay.com/gateway.do?…"},
    },
}
_METADATA = {
    "type": "object",
    "description": "What was sent along, for your own use.",
    "additionalProperties": {"type": "string"},
    "example": {"cart": "c_1842"},
}
DISPUTED = "disputed"
_FLAGS = {
    "type": "array",
    "items": {"type": "string", "enum": [*(flag.value for flag in Flag), DISPUTED]},
    "description": "What else is true: paid late, paid twice, too little or too much; these are never taken "
    "away. `disputed`: the buyer's bank disputes the payment, or has taken its money; gone once you win.",
}
_CODES = {
    "type": "array",
    "items": {"type": "string"},
    "description": "The coupon codes that were used.",
    "example": ["SPRING24"],
}
_RECEIVED = {
    "oneOf": [{"$ref": "#/components/schemas/Money"}, {"type": "null"}],
    "description": "What came; null: nothing did. Another amount than asked for pays no order: it goes back.",
}
_FEES = {
    "type": "object",
    "description": "What was taken off, as agreed when the money came.",
    "required": ["platform", "channel", "channel_is_yours"],
    "properties": {
        "platform": {"$ref": "#/components/schemas/Money"},
        "channel": {"$ref": "#/components/schemas/Money"},
        "channel_is_yours": {
            "type": "boolean",
            "description": "Whether the channel's fee is taken off your money.",
        },
    },
}
_FAILURE = {
    "type": ["object", "null"],
    "description": "Why it was not paid. null: it was, or still may be.",
    "required": ["code", "title"],
    "properties": {
        "code": {"type": "string", "enum": FAILURES},
        "title": {"type": "string", "description": "The same in the caller's language."},
    },
}


class OrderShown(Shown):
    """A product, a quantity, a buyer."""

    id = IdField("ord")
    number = serializers.CharField(help_text="What people read out: `D2611-7K4Q-93`.")
    product = IdField("prd", source="product_id")
    store = IdField("sto", source="store_id")
    title = serializers.CharField(help_text="The product's name when it was sold.")
    quantity = serializers.IntegerField()
    unit_price = serializers.SerializerMethodField()
    discount = MoneyField(source="taken_off", help_text="What coupons take off; the rest is `total`.")
    codes = serializers.SerializerMethodField()
    total = MoneyField(source="price", help_text="What is to be paid.")
    received = serializers.SerializerMethodField()
    payment_state = serializers.ChoiceField(PAYMENT_STATES, help_text="How it stands with its money.")
    fulfilment = serializers.ChoiceField(FULFILMENTS, help_text="How it stands with its goods.")
    flags = serializers.SerializerMethodField()
    email = serializers.SerializerMethodField()
    reference = serializers.SerializerMethodField()
    metadata = serializers.SerializerMethodField()
    return_url = serializers.SerializerMethodField()
    checkout_url = serializers.SerializerMethodField()
    payment = serializers.SerializerMethodField()
    method = serializers.SerializerMethodField()
    action = serializers.SerializerMethodField()
    placed_at = TimestampField()
    expires_at = TimestampField(help_text="Unpaid until then, it gives its keys back.")
    closed_at = TimestampField(allow_null=True, help_text="When it expired or was cancelled.")
    paid_at = TimestampField(allow_null=True)
    delivered_at = TimestampField(allow_null=True)
    revealed_at = TimestampField(allow_null=True, help_text="When the buyer first looked at the keys.")

    @extend_schema_field({"$ref": "#/components/schemas/Money"})
    def get_unit_price(self, order: Order) -> Any:
        """What one costs."""
        return {"amount": order.unit_price, "currency": order.currency}

    @extend_schema_field(
        {"$ref": "#/components/schemas/Money", "description": "What came, by all attempts, before refunds."}
    )
    def get_received(self, order: Order) -> Any:
        """What came; another amount than `total` where the buyer paid too little, too much or twice."""
        came = (one.came.amount for one in order.payments.all() if one.state == AttemptState.SUCCEEDED)
        return {"amount": sum(came), "currency": order.currency}

    @extend_schema_field(_CODES)
    def get_codes(self, order: Order) -> Any:
        """The coupon codes of the order; `Orders` reads them with it."""
        codes: list[str] = getattr(order, "codes", [])
        return codes

    @extend_schema_field(_FLAGS)
    def get_flags(self, order: Order) -> Any:
        """The flags that are set."""
        disputed = [DISPUTED] if getattr(order, "is_disputed", False) else []
        return [*(flag.value for flag in order.flags), *disputed]

    @extend_schema_field({"type": "string", "format": "email", "description": "Where the keys are mailed."})
    def get_email(self, order: Order) -> str:
        """The buyer's address, opened."""
        return contact_of(order)

    @extend_schema_field({"type": "string", "description": "Your own number for it; empty: none was sent."})
    def get_reference(self, order: Order) -> str:
        """The caller's reference."""
        memo = _memo(order)
        return memo.reference if memo else ""

    @extend_schema_field(_METADATA)
    def get_metadata(self, order: Order) -> Any:
        """What was sent along."""
        memo = _memo(order)
        return memo.metadata if memo else {}

    @extend_schema_field(
        {"type": "string", "description": "Where the buyer's page leads back; may be empty."}
    )
    def get_return_url(self, order: Order) -> str:
        """Where the buyer came from."""
        memo = _memo(order)
        return memo.return_url if memo else ""

    @extend_schema_field(
        {
            "type": "string",
            "format": "uri",
            "description": "The buyer's own page: to pay, and to find the keys. Whoever has it can see the "
            "keys: give it to the buyer and to nobody else.",
        }
    )
    def get_checkout_url(self, order: Order) -> str:
        """The buyer's page."""
        return order_url(order.token)

    @extend_schema_field({**id_schema("pay"), "description": "The latest attempt to pay it."})
    def get_payment(self, order: Order) -> Any:
        """The latest attempt."""
        latest = _latest(order)
        return latest.reference if latest else None

    @extend_schema_field(
        {"type": "string", "description": "How the latest attempt is paid.", "example": "alipay.page"}
    )
    def get_method(self, order: Order) -> str:
        """The latest attempt's method."""
        latest = _latest(order)
        return latest.method if latest else ""

    @extend_schema_field(_ACTION)
    def get_action(self, order: Order) -> Any:
        """What the buyer does next."""
        latest, now = _latest(order), clock.now(self.context["clock"])
        if latest is None or latest.action is None or min(latest.expires_at, order.expires_at) <= now:
            return None
        if order.payment_state != PaymentState.PENDING:
            return None
        return {"kind": latest.action.kind.value, "value": latest.action.value}


class PaymentShown(Shown):
    """One attempt to pay an order."""

    id = IdField("pay")
    order = IdField("ord", source="order_id")
    method = serializers.CharField()
    state = serializers.ChoiceField(ATTEMPT_STATES)
    use = serializers.SerializerMethodField()
    amount = MoneyField(source="money", help_text="What was asked for.")
    received = serializers.SerializerMethodField()
    refunded = serializers.SerializerMethodField()
    refundable = MoneyField(help_text="What has neither gone back nor is on its way back.")
    fees = serializers.SerializerMethodField()
    failure = serializers.SerializerMethodField()
    channel_transaction = serializers.CharField(
        source="channel_txn", allow_blank=True, help_text="The channel's own number, once it is paid."
    )
    created_at = TimestampField()
    expires_at = TimestampField()
    paid_at = TimestampField(allow_null=True)
    available_at = TimestampField(allow_null=True, help_text="When the money may be used.")
    concluded_at = TimestampField(allow_null=True, help_text="When it failed or was closed.")

    @extend_schema_field(
        {
            "type": ["string", "null"],
            "enum": [*USES, None],
            "description": "`applied`: it pays the order. `surplus`: it came besides, and goes back.",
        }
    )
    def get_use(self, payment: Payment) -> Any:
        """What its money is for."""
        return payment.use or None

    @extend_schema_field(_RECEIVED)
    def get_received(self, payment: Payment) -> Any:
        """What came, once something did."""
        came = payment.came if payment.state == AttemptState.SUCCEEDED else None
        return {"amount": came.amount, "currency": came.currency} if came else None

    @extend_schema_field({"$ref": "#/components/schemas/Money"})
    def get_refunded(self, payment: Payment) -> Any:
        """What went back."""
        return {"amount": payment.refunded, "currency": payment.currency}

    @extend_schema_field(_FEES)
    def get_fees(self, payment: Payment) -> Any:
        """What was taken off."""
        fees = payment.fees
        return {
            "platform": {"amount": fees.platform.amount, "currency": payment.currency},
            "channel": {"amount": fees.channel.amount, "currency": payment.currency},
            "channel_is_yours": fees.merchant_bears_channel,
        }

    @extend_schema_field(_FAILURE)
    def get_failure(self, payment: Payment) -> Any:
        """Why it was not paid."""
        failure = payment.failure
        return {"code": failure.value, "title": gettext(failure.sentence)} if failure else None


class RefundShown(Shown):
    """Money that goes back."""

    id = IdField("rfd")
    order = IdField("ord", source="order_id")
    payment = IdField("pay", source="payment_id")
    kind = serializers.ChoiceField(
        REFUND_KINDS, help_text="`voluntary` are yours; the others are made by rule."
    )
    state = serializers.ChoiceField(
        REFUND_STATES,
        help_text="`unknown`: the channel did not answer yet. It is asked; do not refund again.",
    )
    amount = MoneyField(source="money")
    reason = serializers.CharField()
    requested_at = TimestampField()
    concluded_at = TimestampField(allow_null=True)


def _memo(order: Order) -> Memo | None:
    return getattr(order, "memo", None)


def _latest(order: Order) -> Payment | None:
    """By what was read with the order: `Orders` fetches the payments, in order."""
    found = list(order.payments.all())
    return found[-1] if found else None
