"""How coupons look by API, and what makes or changes one."""

import re
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from kernel import ids
from web.api.fields import FlagField, IdField, MoneyField, TextField, TimestampField, WholeField
from web.api.serializers import Asked, Shown

from ..models import Coupon
from ..models.coupon import MAX_PER_BUYER
from ..states import Carrier, CouponKind, CouponStatus

KINDS = [kind.value for kind in CouponKind]
CARRIERS = [carrier.value for carrier in Carrier]
STATUSES = [status.value for status in CouponStatus]
MOST_USES = 2_147_483_647

_PERCENT = re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,2})?", re.ASCII)
_MOST_PRODUCTS = 200


@extend_schema_field({"type": "string", "pattern": r"^\d{1,3}(\.\d{1,2})?$", "example": "12.5"})
class PercentField(serializers.Field[Any, Any, str, Any]):
    """A share in per cent, as a text: nobody's floats."""

    default_error_messages = {"shape": _("Send a text such as 12.5.")}  # noqa: RUF012

    def to_representation(self, value: Decimal) -> str:
        """Without idle zeros."""
        return f"{value.normalize():f}"

    def to_internal_value(self, data: Any) -> Decimal:
        """The number in it."""
        if not isinstance(data, str) or not _PERCENT.fullmatch(data):
            self.fail("shape")
        return Decimal(data)


class CouponShown(Shown):
    """A promise to take something off a price."""

    id = IdField("cpn")
    name = serializers.CharField(help_text="Your own note; buyers see codes.")
    status = serializers.ChoiceField(STATUSES, help_text="An `ended` one stays so.")
    kind = serializers.ChoiceField(
        KINDS, help_text="`fixed`: a sum. `percentage`: a share. `spend_and_save`: a sum from a spend on."
    )
    amount = serializers.SerializerMethodField()
    percent = PercentField(allow_null=True)
    cap = serializers.SerializerMethodField()
    minimum = serializers.SerializerMethodField()
    carrier = serializers.ChoiceField(
        CARRIERS, help_text="Who goes without the discount. What the `platform` carries, it alone changes."
    )
    store = IdField("sto", source="store_id", allow_null=True, help_text="null: every store.")
    products = serializers.SerializerMethodField()
    first_order = serializers.BooleanField(help_text="Only for who has not paid an order yet.")
    stackable = serializers.BooleanField(help_text="Together with others that are so too, three at most.")
    per_buyer = serializers.IntegerField(allow_null=True, help_text="Uses by one e-mail address.")
    most_uses = serializers.IntegerField(allow_null=True, help_text="Uses in all.")
    used = serializers.IntegerField(help_text="Uses that are reserved or redeemed now.")
    starts_at = TimestampField(allow_null=True)
    ends_at = TimestampField(allow_null=True, help_text="At this instant it is over.")
    created_at = TimestampField()

    @extend_schema_field({"oneOf": [{"$ref": "#/components/schemas/Money"}, {"type": "null"}]})
    def get_amount(self, coupon: Coupon) -> Any:
        """What is taken off, of a sum."""
        return _money(coupon, coupon.amount)

    @extend_schema_field({"oneOf": [{"$ref": "#/components/schemas/Money"}, {"type": "null"}]})
    def get_cap(self, coupon: Coupon) -> Any:
        """The most that a percentage takes off."""
        return _money(coupon, coupon.cap)

    @extend_schema_field({"oneOf": [{"$ref": "#/components/schemas/Money"}, {"type": "null"}]})
    def get_minimum(self, coupon: Coupon) -> Any:
        """The least that is to be spent, before any discount."""
        return _money(coupon, coupon.minimum)

    @extend_schema_field(serializers.ListField(child=IdField("prd")))
    def get_products(self, coupon: Coupon) -> Any:
        """What it is for; empty: everything."""
        return [ids.encode("prd", row.product_id) for row in coupon.products.all()]


class _Terms(Asked):
    amount = MoneyField(required=False, allow_null=True, help_text="Of `fixed` and `spend_and_save`.")
    percent = PercentField(
        required=False, allow_null=True, help_text="Of `percentage`: above 0, at most 100."
    )
    cap = MoneyField(required=False, allow_null=True, help_text="The most that a percentage takes off.")
    minimum = MoneyField(
        required=False, allow_null=True, help_text="The least spend; `spend_and_save` needs one."
    )
    store = IdField("sto", required=False, allow_null=True, help_text="null: every store.")
    products = serializers.ListField(
        child=IdField("prd"), required=False, max_length=_MOST_PRODUCTS, help_text="Empty: everything."
    )
    first_order = FlagField(required=False, help_text="It is then used once by a buyer.")
    stackable = FlagField(required=False, help_text="Together with others that are so too.")
    per_buyer = WholeField(
        min_value=1,
        max_value=MAX_PER_BUYER,
        required=False,
        allow_null=True,
        help_text="Uses by one e-mail address; null: no limit.",
    )
    most_uses = WholeField(
        min_value=1,
        max_value=MOST_USES,
        required=False,
        allow_null=True,
        help_text="Uses in all; null: no limit.",
    )
    starts_at = TimestampField(required=False, allow_null=True)
    ends_at = TimestampField(required=False, allow_null=True)


_FOREIGN = {"fixed": ("percent", "cap"), "spend_and_save": ("percent", "cap"), "percentage": ("amount",)}
"""What a coupon of a kind does not have."""


class CouponAsked(_Terms):
    """A new coupon, in force within its window."""

    name = TextField(max_length=80)
    kind = serializers.ChoiceField(KINDS)
    code = TextField(
        max_length=40, required=False, help_text="Its first code; without one, add or generate codes."
    )

    def validate(self, attrs: Any) -> Any:
        """What its kind does not have is refused, and not left out in silence."""
        foreign = [name for name in _FOREIGN[attrs["kind"]] if attrs.get(name) is not None]
        if foreign:
            raise serializers.ValidationError(
                {name: _("A coupon of this kind has none.") for name in foreign}
            )
        return attrs


class CouponChanges(_Terms):
    """What is to be changed; the rest stays. What a used coupon promises cannot be changed."""

    name = TextField(max_length=80, required=False)
    kind = serializers.ChoiceField(KINDS, required=False)


EXAMPLE = {
    "name": "Spring campaign",
    "kind": "percentage",
    "percent": "10",
    "cap": {"amount": 2000, "currency": "CNY"},
    "per_buyer": 1,
    "code": "SPRING24",
}


def _money(coupon: Coupon, amount: int | None) -> Any:
    return None if amount is None else {"amount": amount, "currency": coupon.currency}
