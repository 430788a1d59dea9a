"""Subscriptions: started, looked at, changed, paused, cancelled, extended."""

from typing import Any

from django.db.models import Prefetch
from django.http import HttpResponse
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, PolymorphicProxySerializer, extend_schema
from rest_framework import serializers
from rest_framework.request import Request

from kernel import ids
from merchants.scopes import Scope
from payments.models import Order, Payment
from payments.services import checkout
from web.api.answers import answer
from web.api.errors import ScopeMissing
from web.api.fields import pattern_of
from web.api.lists import id_in, limit_of
from web.api.serializers import Asked
from web.api.views import Endpoint

from ..errors import NotPossible, PlanUnavailable
from ..models import Invoice, Mandate, Subscription
from ..services import cancellations, changes, extensions, pauses, starts, tries
from ..states import InvoiceState, MandateState, SubscriptionState
from . import asked as forms
from . import baskets
from .invoice_shapes import (
    ChangePreviewShown,
    SubscriptionInvoiceShown,
    SubscriptionInvoicesShown,
    preview_shown,
)
from .shapes import SubscriptionShown

_CHANGED = PolymorphicProxySerializer(
    component_name="SubscriptionOrPreview",
    serializers=[SubscriptionShown, ChangePreviewShown],
    resource_type_field_name=None,
)
_EXAMPLE = {
    "plan": "pln_01jdb6yb8wfcz9yjjwdnyrz2gb",
    "email": "buyer@example.com",
    "method": "stripe.checkout",
    "consents": True,
    "buyer": {"ip": "203.0.113.7", "device": "mobile"},
}


class Subscriptions(Endpoint):
    """A buyer on a plan, until one of the two ends it."""

    model = Subscription
    prefix = "sub"
    tag = "subscriptions"
    shown = SubscriptionShown
    filterset_class = forms.SubscriptionFilters
    related = ("merchant",)
    refusals = {"create": ("422",), "change": ("422",)}  # noqa: RUF012
    parameters = {"invoices": ("cursor", "limit")}  # noqa: RUF012
    asks_for_key = frozenset({"create", "extend"})
    calls_out = frozenset({"create", "change", "pause", "resume", "cancel", "undo", "extend", "retry"})

    def get_queryset(self) -> Any:
        """The caller's subscriptions with what is to be paid, and the cards that are awaited."""
        attempts = Payment.objects.order_by("ordinal")
        unpaid = Invoice.objects.filter(state=InvoiceState.OPEN).prefetch_related(
            Prefetch("order", Order.objects.prefetch_related(Prefetch("payments", attempts)))
        )
        offered = Mandate.objects.filter(state=MandateState.OFFERED).order_by("id")
        return (
            super()
            .get_queryset()
            .prefetch_related(
                Prefetch("invoices", unpaid, to_attr="open_invoices"),
                Prefetch("mandates", offered, to_attr="offered"),
            )
        )

    @extend_schema(summary="List subscriptions")
    def list(self, request: Request) -> HttpResponse:  # noqa: ARG002
        """Newest first."""
        return self.page()

    @extend_schema(summary="Get a subscription")
    def retrieve(self, request: Request, id: str) -> HttpResponse:  # noqa: ARG002
        """One subscription, as it stands now."""
        return self.shows(self.one(id))

    @extend_schema(
        summary="Start a subscription",
        request=forms.SubscriptionAsked,
        responses={201: SubscriptionShown},
        examples=[OpenApiExample("By card, renewed by itself", _EXAMPLE, request_only=True)],
    )
    def create(self, request: Request) -> HttpResponse:
        """Opens the first payment, or begins the trial. Send the buyer to `checkout_url`, or show `action`.

        It is `incomplete` until the buyer has paid, or has shown the card that its trial needs; one that
        needs neither is `trialing` at once. Refused with `subscriptions.plan_unavailable`,
        `subscriptions.trial_used`, `subscriptions.consent_missing` (422), and as orders are.
        """
        asked = self.read(forms.SubscriptionAsked)
        plan = baskets.plan_of(self, asked["plan"])
        basket = baskets.basket(self, asked, plan, request.META.get("REMOTE_ADDR", ""))
        if asked.get("trial", plan.trial_days > 0):
            if basket.codes:
                raise serializers.ValidationError({"codes": [_("A trial takes no codes.")]})
            made = starts.trial(basket).subscription_id
        else:
            order = Order.objects.get(pk=checkout.buy(basket).order_id)
            if order.subscription_id is None:
                raise PlanUnavailable
            made = order.subscription_id
        return self.shows(self.get_queryset().get(pk=made), status=201)

    @extend_schema(
        summary="Change plan or quantity",
        request=forms.SubscriptionChangeAsked,
        responses={200: _CHANGED},
    )
    def change(self, request: Request, id: str) -> HttpResponse:  # noqa: ARG002
        """Now, prorated line by line, or with the next period. `preview` shows the very lines first.

        What is due is charged to the kept method; where that cannot be, `order` waits for the buyer, and the
        change takes effect when it is paid. Refused with `subscriptions.preview_outdated`,
        `subscriptions.being_paid`, `subscriptions.consent_missing` (422).
        """
        row = self.one(id)
        asked = self.read(forms.SubscriptionChangeAsked)
        version_id = row.version_id
        if "plan" in asked:
            version_id = baskets.plan_of(self, asked["plan"], row).version_id
        quantity = asked.get("quantity", row.quantity)
        if asked["when"] == forms.AT_END:
            changes.at_end(
                row,
                version_id=version_id,
                quantity=quantity,
                consents=asked["consents"],
                actor=self.caller.actor,
            )
            return self.shows(self.one(id))
        seen = changes.preview(row, version_id=version_id, quantity=quantity)
        if asked["preview"]:
            return answer(preview_shown(seen))
        changes.now(
            row,
            version_id=version_id,
            quantity=quantity,
            agreed=asked.get("expected_due", seen.due),
            at=asked.get("previewed_at", seen.at),
            consents=asked["consents"],
            actor=self.caller.actor,
        )
        return self.shows(self.one(id))

    @extend_schema(summary="Pause a subscription", request=forms.SubscriptionPauseAsked)
    def pause(self, request: Request, id: str) -> HttpResponse:  # noqa: ARG002
        """From the end of what is paid on; until then `undo` takes it back."""
        row = self.one(id)
        asked = self.read(forms.SubscriptionPauseAsked)
        pauses.at_end(row, actor=self.caller.actor, resume_at=asked.get("resume_at"))
        return self.shows(self.one(id))

    @extend_schema(summary="Resume a subscription", request=None)
    def resume(self, request: Request, id: str) -> HttpResponse:  # noqa: ARG002
        """A paused one begins its next period now, and is charged now. Before a pause: it does not come."""
        row = self.one(id)
        self.read(Asked)
        pauses.resume(row, actor=self.caller.actor)
        return self.shows(self.one(id))

    @extend_schema(summary="Cancel a subscription", request=forms.SubscriptionCancelAsked)
    def cancel(self, request: Request, id: str) -> HttpResponse:  # noqa: ARG002
        """With the period, until which `undo` takes it back; or at once.

        At once, what was paid for the rest goes back where your rules say so (`cancel_now: prorated`); that
        also needs the scope `refunds:write`. One that is past due, paused or not begun ends at once.
        """
        row = self.one(id)
        asked = self.read(forms.SubscriptionCancelAsked)
        reason = asked.get("reason", "")
        if row.state == SubscriptionState.ENDED:
            return self.shows(row)
        if asked["when"] == forms.AT_END:
            cancellations.at_end(row, actor=self.caller.actor, reason=reason)
            return self.shows(self.one(id))
        if cancellations.refund_of_now(row).amount and Scope.REFUNDS_WRITE not in self.caller.scopes:
            raise ScopeMissing(scope=Scope.REFUNDS_WRITE)
        cancellations.now(row, actor=self.caller.actor, reason=reason)
        return self.shows(self.one(id))

    @extend_schema(summary="Take back what was to come", request=None)
    def undo(self, request: Request, id: str) -> HttpResponse:  # noqa: ARG002
        """The cancellation, the pause and the change that wait for the end of the period do not come.

        Refused with `subscriptions.not_possible` where it has ended, or nothing waits.
        """
        row = self.one(id)
        self.read(Asked)
        waits = {
            cancellations.undo: row.cancel_at_end,
            pauses.resume: row.pause_at_end,
            changes.undo: row.next_version_id is not None,
        }
        if row.state == SubscriptionState.ENDED or not any(waits.values()):
            raise NotPossible
        for take_back in [each for each, is_so in waits.items() if is_so]:
            take_back(row, actor=self.caller.actor)
        return self.shows(self.one(id))

    @extend_schema(summary="Give days for nothing", request=forms.SubscriptionExtendAsked)
    def extend(self, request: Request, id: str) -> HttpResponse:  # noqa: ARG002
        """The period that runs, and so the next charge, ends this many days later."""
        row = self.one(id)
        asked = self.read(forms.SubscriptionExtendAsked)
        extensions.give(
            row,
            asked["days"],
            actor=self.caller.actor,
            reason=asked.get("reason", ""),
            name=self.claim_id,
        )
        return self.shows(self.one(id))

    @extend_schema(summary="Try the kept method now", request=None)
    def retry(self, request: Request, id: str) -> HttpResponse:  # noqa: ARG002
        """For what is open; your schedule goes on as it was.

        Whether it was paid stands in the answer. Refused with `subscriptions.no_mandate`,
        `subscriptions.being_paid`, and `subscriptions.not_possible` where nothing is owed.
        """
        row = self.one(id)
        self.read(Asked)
        tries.by_hand(row, actor=self.caller.actor)
        return self.shows(self.one(id))

    @extend_schema(
        summary="List the invoices of a subscription",
        responses=SubscriptionInvoicesShown,
        filters=False,
        parameters=[
            OpenApiParameter(
                "cursor",
                {"type": "string", "pattern": pattern_of("inv")},
                description="`next` of the page before.",
            ),
            OpenApiParameter("limit", {"type": "integer", "minimum": 1, "maximum": 100, "default": 25}),
        ],
    )
    def invoices(self, request: Request, id: str) -> HttpResponse:
        """Newest first."""
        rows = Invoice.objects.filter(subscription=self.one(id)).select_related("order").order_by("-id")
        if cursor := request.query_params.get("cursor", ""):
            rows = rows.filter(pk__lt=id_in("inv", cursor, parameter="cursor"))
        limit = limit_of(request)
        found = [*rows[: limit + 1]]
        following = ids.encode("inv", found[limit - 1].pk) if len(found) > limit else None
        return answer({"data": SubscriptionInvoiceShown(found[:limit], many=True).data, "next": following})
