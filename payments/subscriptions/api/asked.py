"""What is asked of subscriptions by API, and which of them are listed."""

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from merchants.discounts import MOST_STACKED
from merchants.models import PlanVersion
from merchants.models.coupon import CODE_LENGTH
from merchants.models.product import MAX_QUANTITY
from payments.api.orders import Buyer, MailField
from payments.forms import email_of
from payments.services.baskets import contact_key
from web.api.fields import FlagField, IdField, MoneyField, TextField, TimestampField, WholeField
from web.api.lists import Filters, IdFilter, filters, id_in
from web.api.serializers import Asked

from ..models import Subscription
from ..services.extensions import MOST_DAYS
from .shapes import STATES

_METHOD = r"^[a-z]{1,12}\.[a-z_]{1,11}$"
_REASON = 200
NOW, AT_END = "now", "period_end"


class DueField(MoneyField):
    """What a preview says is due: nothing, or a sum."""

    least = 0


class SubscriptionAsked(Asked):
    """Who subscribes to which plan. The price is the plan's; it cannot be sent."""

    plan = IdField("pln")
    currency = serializers.RegexField(
        "^[A-Z]{3,5}$", required=False, help_text="One of the plan's; without it the product's own."
    )
    quantity = WholeField(min_value=1, max_value=MAX_QUANTITY, required=False)
    email = MailField(max_length=200, help_text="The buyer's: notices and receipts are mailed there.")
    method = serializers.RegexField(
        _METHOD,
        required=False,
        max_length=24,
        help_text="`stripe.checkout`, `alipay.page` … Without one the best for the device is taken.",
    )
    consents = FlagField(
        default=False,
        help_text="The buyer has agreed, on your page and in the words of `GET /subscription_consent`, that "
        "the method is kept and charged again. Without it each period is asked for by a link to pay.",
    )
    trial = FlagField(
        required=False,
        help_text="Begin with the plan's trial; `false`: pay at once. Without it: where there is one.",
    )
    expected_total = MoneyField(
        required=False, help_text="What the buyer was shown for a period. If the plan says otherwise: 409."
    )
    codes = serializers.ListField(
        child=TextField(max_length=CODE_LENGTH + 8),
        required=False,
        max_length=MOST_STACKED,
        help_text="Coupon codes for the first payment, at most three. Not with a trial.",
    )
    language = serializers.ChoiceField(
        ["zh", "en"], required=False, help_text="The buyer's; otherwise that of Accept-Language."
    )
    buyer = Buyer(required=False)

    def validate_email(self, value: str) -> str:
        """An address that a mail can be sent to."""
        address = email_of(value)
        if not address:
            raise serializers.ValidationError(_("Enter an e-mail address such as name@example.com."))
        return address


class SubscriptionChangeAsked(Asked):
    """Another plan of the same product, another quantity, or both."""

    plan = IdField("pln", required=False, help_text="Its version that is sold now. Without it: as before.")
    quantity = WholeField(min_value=1, max_value=MAX_QUANTITY, required=False)
    when = serializers.ChoiceField([NOW, AT_END], default=NOW)
    preview = FlagField(default=False, help_text="Change nothing; the answer shows what `now` would cost.")
    expected_due = DueField(
        required=False, help_text="`due` of the preview that was shown. If it is another by now: 409."
    )
    previewed_at = TimestampField(
        required=False,
        help_text="`at` of that preview: within 15 minutes its very sum is charged, though time goes on.",
    )
    consents = FlagField(
        default=False, help_text="The buyer lets the kept method be charged more than its `limit` allows."
    )

    def validate(self, attrs: Any) -> Any:
        """Something is to change, and what a preview shows is a change now."""
        if "plan" not in attrs and "quantity" not in attrs:
            raise serializers.ValidationError({"plan": [_("Send a plan, a quantity, or both.")]})
        if attrs["when"] == AT_END and attrs["preview"]:
            raise serializers.ValidationError({"preview": [_("With the next period nothing is prorated.")]})
        return attrs


class SubscriptionPauseAsked(Asked):
    """From the end of what is paid on."""

    resume_at = TimestampField(required=False, help_text="When it goes on by itself; else when resumed.")


class SubscriptionCancelAsked(Asked):
    """At the end of what is paid, or at once."""

    when = serializers.ChoiceField([AT_END, NOW], default=AT_END)
    reason = TextField(max_length=_REASON, required=False, allow_blank=True)


class SubscriptionExtendAsked(Asked):
    """Days for nothing."""

    days = WholeField(min_value=1, max_value=MOST_DAYS)
    reason = TextField(max_length=_REASON, required=False, allow_blank=True)


class SubscriptionFilters(Filters):
    """Which subscriptions are listed."""

    state = filters.ChoiceFilter(choices=[(state, state) for state in STATES])
    product = IdFilter("prd", field_name="product_id", label="The product's id.")
    plan = IdFilter("pln", method="of_plan", label="The plan's id, in whichever version.")
    email = filters.CharFilter(method="of_buyer", max_length=200, label="The buyer's whole e-mail address.")

    def of_plan(self, rows: QuerySet[Subscription], _name: str, value: str) -> QuerySet[Subscription]:
        """Those on any version of a plan."""
        versions = PlanVersion.objects.filter(plan_id=id_in("pln", value, parameter="plan"))
        return rows.filter(version_id__in=versions.values("pk"))

    def of_buyer(self, rows: QuerySet[Subscription], _name: str, value: str) -> QuerySet[Subscription]:
        """Those of one buyer, found by the fingerprint of the address."""
        return rows.filter(contact_key=contact_key(self.request.user.merchant_id, value))
