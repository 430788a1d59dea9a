"""How a coupon's codes, their batches and their uses look by API, and what makes codes."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from web.api.fields import IdField, TextField, TimestampField, WholeField
from web.api.serializers import Asked, Shown

from ..models import CouponCode, CouponUse
from ..services import coupon_codes
from ..states import CodeBatchState, UseState
from .coupon_shapes import MOST_USES

USE_STATES = [state.value for state in UseState]
CODE_BATCH_STATES = [state.value for state in CodeBatchState]
MOST_GENERATED = 10_000


class CouponCodeShown(Shown):
    """What a buyer types. It is worth money: keep it to yourself."""

    id = IdField("cpc")
    coupon = IdField("cpn", source="coupon_id")
    code = serializers.CharField()
    used = serializers.IntegerField()
    most_uses = serializers.IntegerField(allow_null=True, help_text="null: as often as its coupon.")
    for_buyer = serializers.SerializerMethodField(help_text="Whether it is for one buyer only.")
    batch = IdField("cpb", allow_null=True, help_text="The generation that made it.")
    created_at = TimestampField()

    def get_for_buyer(self, code: CouponCode) -> bool:
        """Who that is, nobody can read."""
        return code.buyer_key is not None


class CouponCodeAsked(Asked):
    """A code of one's own."""

    code = TextField(max_length=40, help_text="Letters from A to Z and digits; kept in upper case.")
    most_uses = WholeField(min_value=1, max_value=MOST_USES, required=False, allow_null=True)
    email = TextField(
        max_length=200,
        required=False,
        help_text="The one buyer who may use it: to others it is `coupons.unknown`. Without it: anybody. "
        "The address is not kept.",
    )


class CouponUseShown(Shown):
    """A code on an order."""

    id = IdField("cpu")
    order = IdField("ord", source="order_id")
    code = serializers.CharField(source="code.code")
    state = serializers.ChoiceField(
        USE_STATES, help_text="`returned`: with the order's end, or its whole refund."
    )
    discount = serializers.SerializerMethodField()
    reserved_at = TimestampField()
    redeemed_at = TimestampField(allow_null=True)
    returned_at = TimestampField(allow_null=True)

    @extend_schema_field({"$ref": "#/components/schemas/Money"})
    def get_discount(self, use: CouponUse) -> Any:
        """What it took off."""
        return {"amount": use.discount, "currency": use.currency}


class CouponBatchShown(Shown):
    """Codes that are generated: a large batch takes some seconds, ask again."""

    id = IdField("cpb")
    coupon = IdField("cpn", source="coupon_id")
    state = serializers.ChoiceField(CODE_BATCH_STATES)
    prefix = serializers.CharField(allow_blank=True)
    wanted = serializers.IntegerField()
    made = serializers.IntegerField(help_text="How many are there.")
    created_at = TimestampField()
    finished_at = TimestampField(allow_null=True)


class GenerateAsked(Asked):
    """Codes that nobody can guess, each for one use."""

    count = WholeField(min_value=1, max_value=MOST_GENERATED)
    prefix = TextField(max_length=coupon_codes.PREFIX_LENGTH, required=False, allow_blank=True)


class CouponCodesShown(Shown):
    """A page of codes."""

    data = CouponCodeShown(many=True)  # type: ignore[assignment] # the library sets it aside
    next = serializers.CharField(allow_null=True, help_text="Send it as `cursor`; null: the last page.")


class CouponUsesShown(Shown):
    """A page of uses."""

    data = CouponUseShown(many=True)  # type: ignore[assignment] # the library sets it aside
    next = serializers.CharField(allow_null=True, help_text="Send it as `cursor`; null: the last page.")
