"""The rules by which a merchant's subscriptions are billed."""

from itertools import pairwise
from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request

from merchants.models import Merchant
from web.api.answers import answer
from web.api.fields import FlagField, WholeField
from web.api.serializers import Asked, Shown
from web.api.views import Endpoint

from ..billing.dunning import MAX_RETRY_DAY
from ..models import Policy
from ..services import policies
from ..services.policies import Rules
from ..states import CancelNow

CANCEL_NOW = [each.value for each in CancelNow]
_MOST_TRIES = 10


class SubscriptionPolicyShown(Shown):
    """How subscriptions are billed."""

    retry_days = serializers.ListField(
        child=serializers.IntegerField(),
        help_text="Days after a period was due on which it is tried; after the last the subscription ends.",
    )
    grace_days = serializers.IntegerField(help_text="Days that a membership stays on unpaid.")
    notice_days = serializers.IntegerField(
        allow_null=True, help_text="Your own days of notice before an automatic charge; null: your market's."
    )
    notice_days_in_force = serializers.IntegerField(help_text="Never fewer than your market wants.")
    may_pause = serializers.BooleanField(help_text="Whether buyers may pause.")
    may_change = serializers.BooleanField(help_text="Whether buyers may change plan and quantity.")
    cancel_now = serializers.ChoiceField(
        CANCEL_NOW, help_text="Whether buyers may end at once, and whether the unused part goes back then."
    )


class SubscriptionPolicyChanges(Asked):
    """What is to be changed; the rest stays. It counts from now on, also for what is past due already."""

    retry_days = serializers.ListField(
        child=WholeField(min_value=0, max_value=MAX_RETRY_DAY),
        min_length=1,
        max_length=_MOST_TRIES,
        required=False,
        help_text="From 0, ascending.",
    )
    grace_days = WholeField(min_value=0, max_value=MAX_RETRY_DAY, required=False)
    notice_days = WholeField(min_value=1, max_value=30, required=False, allow_null=True)
    may_pause = FlagField(required=False)
    may_change = FlagField(required=False)
    cancel_now = serializers.ChoiceField(CANCEL_NOW, required=False)

    def validate_retry_days(self, days: list[int]) -> list[int]:
        """The first try is on the day itself, and each later than the one before."""
        if days[0] != 0 or any(later <= day for day, later in pairwise(days)):
            raise serializers.ValidationError(_("Begin with 0 and go up."))
        return days


class SubscriptionPolicy(Endpoint):
    """One set of rules a merchant and book."""

    model = Policy
    prefix = "mer"
    tag = "subscriptions"
    noun = "subscription_policy"
    shown = SubscriptionPolicyShown
    pagination_class = None
    filter_backends = ()

    @extend_schema(summary="Get the rules of billing")
    def retrieve(self, request: Request) -> HttpResponse:  # noqa: ARG002
        """Those in force now."""
        return self._rules(policies.of(self.caller.merchant_id))

    @extend_schema(
        summary="Change the rules of billing",
        request=SubscriptionPolicyChanges,
        responses={200: SubscriptionPolicyShown},
    )
    def partial_update(self, request: Request) -> HttpResponse:  # noqa: ARG002
        """Only what is sent is changed."""
        asked = self.read(SubscriptionPolicyChanges)
        rules = policies.of(self.caller.merchant_id)
        values: dict[str, Any] = {
            "retry_days": rules.retry_days,
            "grace_days": rules.grace_days,
            "notice_days": rules.own_notice_days,
            "may_pause": rules.may_pause,
            "may_change": rules.may_change,
            "cancel_now": rules.cancel_now,
            **asked,
        }
        values["cancel_now"] = CancelNow(values["cancel_now"])
        return self._rules(policies.change(self.caller.merchant_id, **values, actor=self.caller.actor))

    def _rules(self, rules: Rules) -> HttpResponse:
        country = Merchant.objects.values_list("country", flat=True).get(pk=self.caller.merchant_id)
        shown = {
            "retry_days": list(rules.retry_days),
            "grace_days": rules.grace_days,
            "notice_days": rules.own_notice_days,
            "notice_days_in_force": rules.notice_days(country),
            "may_pause": rules.may_pause,
            "may_change": rules.may_change,
            "cancel_now": rules.cancel_now.value,
        }
        return answer(SubscriptionPolicyShown(shown).data)
