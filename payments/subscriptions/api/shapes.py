"""How subscriptions and mandates look by API."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from kernel import clock, ids
from kernel.money import Money
from merchants.services import plans
from payments.channels.base import ActionKind
from payments.models import Order
from payments.services.addresses import order_url
from payments.states import PaymentState
from web.api.fields import IdField, MoneyField, TimestampField, id_schema, timestamp
from web.api.serializers import Shown

from .. import queries
from ..addresses import subscription_url
from ..models import Invoice, Mandate, Subscription
from ..services.invoicing import contact_of
from ..states import EndReason, MandateState, SubscriptionState

STATES = [state.value for state in SubscriptionState]
MANDATE_STATES = [state.value for state in MandateState]
END_REASONS = [reason.value for reason in EndReason if reason]
_GOES_ON = (SubscriptionState.TRIALING, SubscriptionState.ACTIVE)

_ACTION = {
    "type": ["object", "null"],
    "description": "What the buyer does next: open a `link` to pay or to show a card, scan the text of a "
    "`qr` code; null: nothing, or the choice of a method at `checkout_url`.",
    "required": ["kind", "value"],
    "properties": {
        "kind": {"type": "string", "enum": [kind.value for kind in ActionKind]},
        "value": {"type": "string", "example": "https://checkout.stripe.com/c/pay/cs_…"},
    },
}
_NEXT = {
    "type": ["object", "null"],
    "description": "What changes with the next period; null: nothing does.",
    "required": ["plan_version", "quantity", "unit_price"],
    "properties": {
        "plan_version": id_schema("plv"),
        "quantity": {"type": "integer"},
        "unit_price": {"$ref": "#/components/schemas/Money"},
    },
}
_NEXT_CHARGE = {
    "type": ["object", "null"],
    "description": "When the next period begins, and what it will ask for; null: nothing will be asked for.",
    "required": ["at", "amount"],
    "properties": {
        "at": {"type": "string", "format": "date-time"},
        "amount": {"$ref": "#/components/schemas/Money"},
    },
}
_NEXT_TRY = {
    "type": ["string", "null"],
    "format": "date-time",
    "description": "When your schedule tries what is owed again; null: not any more, or nothing is owed.",
}
_OPEN_ORDER = {
    "anyOf": [id_schema("ord"), {"type": "null"}],
    "description": "The order that asks for money now.",
}
_URL = {"type": ["string", "null"], "format": "uri"}


class SubscriptionShown(Shown):
    """A buyer on a plan. Times are on the merchant's clock: in the sandbox, on the sandbox's."""

    id = IdField("sub")
    state = serializers.ChoiceField(
        STATES,
        help_text="`incomplete`: the first payment, or the card that a trial needs, is awaited."
        " `past_due`: a period has begun that is not paid; it is tried again by your schedule.",
    )
    product = IdField("prd", source="product_id")
    store = IdField("sto", source="store_id")
    plan = serializers.SerializerMethodField()
    plan_version = IdField("plv", source="version_id")
    title = serializers.CharField(help_text="The product's name when it was sold.")
    quantity = serializers.IntegerField()
    unit_price = serializers.SerializerMethodField()
    price = MoneyField(help_text="What a period costs, before coupons and balance.")
    email = serializers.SerializerMethodField()
    method = serializers.CharField(help_text="How the buyer chose to pay.")
    mandate = IdField(
        "mnd", source="mandate_id", allow_null=True, help_text="By which it is charged; null: paid by links."
    )
    entitlement = IdField(
        "ent", source="entitlement_id", allow_null=True, help_text="What the buyer has; null: nothing yet."
    )
    period = serializers.IntegerField(help_text="The number of the last period that was granted; 0: none.")
    period_starts = TimestampField(allow_null=True)
    period_ends = TimestampField(allow_null=True, help_text="Until when it is paid.")
    trial_ends = TimestampField(allow_null=True, help_text="When the trial ends or ended; null: none.")
    balance = serializers.SerializerMethodField()
    next_charge = serializers.SerializerMethodField()
    next_change = serializers.SerializerMethodField()
    cancel_at_end = serializers.BooleanField(help_text="It ends with the period.")
    cancel_reason = serializers.CharField(
        allow_blank=True, help_text="A buyer's choice (`price`, `unused`, …), or what you wrote."
    )
    pause_at_end = serializers.BooleanField(help_text="It pauses at the end of the period.")
    resume_at = TimestampField(allow_null=True, help_text="When a pause ends by itself.")
    past_due_since = TimestampField(allow_null=True, help_text="When what is owed was due.")
    tries = serializers.IntegerField(help_text="How often your schedule has tried the period that is due.")
    next_try_at = serializers.SerializerMethodField()
    needs_buyer = serializers.BooleanField(help_text="The bank wants to see the buyer: send `checkout_url`.")
    order = serializers.SerializerMethodField()
    checkout_url = serializers.SerializerMethodField()
    action = serializers.SerializerMethodField()
    manage_url = serializers.SerializerMethodField()
    created_at = TimestampField()
    started_at = TimestampField(allow_null=True)
    ended_at = TimestampField(allow_null=True)
    end_reason = serializers.SerializerMethodField()

    @extend_schema_field(id_schema("pln"))
    def get_plan(self, row: Subscription) -> str:
        """The plan of its version."""
        return ids.encode("pln", plans.version(row.version_id).plan_id)

    @extend_schema_field({"$ref": "#/components/schemas/Money"})
    def get_unit_price(self, row: Subscription) -> Any:
        """What one costs for a period."""
        return money_shown(row.unit_price, row.currency)

    @extend_schema_field({"type": "string", "format": "email", "description": "The buyer's."})
    def get_email(self, row: Subscription) -> str:
        """The buyer's address, opened."""
        return contact_of(row)

    @extend_schema_field({"$ref": "#/components/schemas/Money"})
    def get_balance(self, row: Subscription) -> Any:
        """What the next invoices use up; below zero: what they ask for besides."""
        return money_shown(row.balance, row.currency)

    @extend_schema_field(_NEXT_CHARGE)
    def get_next_charge(self, row: Subscription) -> Any:
        """The next period, if there is to be one."""
        if row.state not in _GOES_ON or row.cancel_at_end or row.pause_at_end or row.period_ends is None:
            return None
        total = queries.next_sum(row)
        return {"at": timestamp(row.period_ends), "amount": money_shown(total.amount, total.currency)}

    @extend_schema_field(_NEXT_TRY)
    def get_next_try_at(self, row: Subscription) -> str | None:
        """When it is tried again."""
        at = queries.next_try(row)
        return timestamp(at) if at else None

    @extend_schema_field(_NEXT)
    def get_next_change(self, row: Subscription) -> Any:
        """The terms of the next period, where they are others."""
        if row.next_version_id is None:
            return None
        price = money_shown(row.next_unit_price or 0, row.currency)
        version = ids.encode("plv", row.next_version_id)
        return {"plan_version": version, "quantity": row.next_quantity, "unit_price": price}

    @extend_schema_field(_OPEN_ORDER)
    def get_order(self, row: Subscription) -> Any:
        """The order of its open invoice."""
        order = _open_order(row)
        return order.key if order else None

    @extend_schema_field(
        {**_URL, "description": "A page where the buyer pays what is open, or shows a card; null: nothing."}
    )
    def get_checkout_url(self, row: Subscription) -> str | None:
        """Where the buyer pays or shows a card."""
        order = _open_order(row)
        return order_url(order.token) if order else _card_page(row)

    @extend_schema_field(_ACTION)
    def get_action(self, row: Subscription) -> Any:
        """What the buyer does next."""
        order = _open_order(row)
        if order is None:
            page = _card_page(row)
            return {"kind": ActionKind.LINK.value, "value": page} if page else None
        latest, now = next(iter(reversed(order.payments.all())), None), clock.now(self.context["clock"])
        if latest is None or latest.action is None or min(latest.expires_at, order.expires_at) <= now:
            return None
        return {"kind": latest.action.kind.value, "value": latest.action.value}

    @extend_schema_field(
        {
            "type": "string",
            "format": "uri",
            "description": "The buyer's own page of it, to change, pause or cancel. Whoever has it can: "
            "give it to the buyer and to nobody else.",
        }
    )
    def get_manage_url(self, row: Subscription) -> str:
        """The buyer's page."""
        return subscription_url(row.token)

    @extend_schema_field(
        {
            "type": ["string", "null"],
            "enum": [*END_REASONS, None],
            "description": "Why it ended; null: it has not.",
        }
    )
    def get_end_reason(self, row: Subscription) -> str | None:
        """Why it ended."""
        return row.end_reason or None


class MandateShown(Shown):
    """A buyer's permission to charge a kept payment method."""

    id = IdField("mnd")
    subscription = IdField("sub", source="subscription_id")
    state = serializers.ChoiceField(
        MANDATE_STATES,
        help_text="`offered`: the channel has not said yet that it keeps the method. `suspended`: the bank"
        " has refused it for good, until the buyer shows another card.",
    )
    method = serializers.CharField(help_text="By which it is charged: `stripe.mandate`.")
    label = serializers.CharField(  # type: ignore[assignment] # the library sets it aside
        allow_blank=True, help_text="What its owner knows it by: `Visa •••• 4242`."
    )
    expires_on = serializers.DateField(allow_null=True)
    limit = MoneyField(help_text="What one charge may be at most.")
    agreed_at = TimestampField(allow_null=True, help_text="When the buyer agreed to be charged.")
    created_at = TimestampField()
    ended_at = TimestampField(allow_null=True)
    ended_by = serializers.CharField(allow_blank=True)
    end_reason = serializers.CharField(allow_blank=True)


def money_shown(amount: int, currency: str) -> dict[str, Any]:
    """Minor units of a currency; they may be below zero."""
    return MoneyField().to_representation(Money(amount, currency))


def _open_order(row: Subscription) -> Order | None:
    """By what was read with the subscription: its open invoice and that one's order."""
    found: list[Invoice] = row.open_invoices  # type: ignore[attr-defined]
    order = found[0].order if found else None
    return order if order is not None and order.payment_state == PaymentState.PENDING else None


def _card_page(row: Subscription) -> str | None:
    """The page on which a card is shown, while a trial waits for it."""
    offered: list[Mandate] = row.offered  # type: ignore[attr-defined]
    if row.state != SubscriptionState.INCOMPLETE or not offered:
        return None
    return offered[-1].page_url or None
