"""Subscriptions of every merchant: how they stand, what lies ahead; tried again or stopped."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.enums import ActionVariant

import audit
from kernel import clock, ids
from kernel.actors import Actor
from merchants.admin.trails import trail_of
from merchants.services import plans
from web.backoffice import Reading, by, deed, display, link, money, of, pill, table
from web.templatetags.ui import moment
from web.vocabulary import word

from .. import metrics, queries, reasons
from ..models import Subscription
from ..pages.facts import AHEAD
from ..pages.rows import contact_shown, method_of, standing
from ..services import cancellations, policies, tries
from ..states import SubscriptionState

_S = SubscriptionState


@admin.register(Subscription)
class SubscriptionAdmin(Reading):
    """Subscriptions, to be read. A try or an end is a deed, with its reason."""

    prefix = "sub"
    list_display = (
        *("key", "merchant", "plan_shown", "state_label", "mrr_shown", "due_at", "tries_shown", "book_label"),
    )
    list_select_related = ("merchant", "mandate", "product")
    list_filter = (by("state", "subscription", _("state")), by("book", "book", _("book")))
    search_help_text = _("sub_…, mer_… or prd_…")
    actions_detail = ("retry", "stop")
    fields = readonly_fields = (
        *("key", "merchant", "store", "product", "title", "plan_shown", "quantity", "price_shown"),
        *(
            "mrr_shown",
            "state_label",
            "contact_shown",
            "method_shown",
            "mandate_link",
            "period_starts",
            "period_ends",
        ),
        *("due_at", "past_due_since", "tries_shown", "needs_buyer", "hard", "ahead_shown", "invoices_shown"),
        *("started_at", "ended_at", "end_shown", "reason_shown", "trail"),
    )

    def find(self, queryset: QuerySet[Any], term: str) -> QuerySet[Any]:
        return of(queryset, term, mer="merchant", prd="product")

    @display(description=_("Plan"))
    def plan_shown(self, subscription: Subscription) -> str:
        plan = plans.version(subscription.version_id)
        return f"{plan.name} ({plan.number})"

    @display(description=_("Price"))
    def price_shown(self, subscription: Subscription) -> str:
        return money(subscription.price)

    @display(description=_("MRR"))
    def mrr_shown(self, subscription: Subscription) -> str:
        return money(metrics.rounded(subscription.recurring, subscription.currency))

    @display(description=_("State"))
    def state_label(self, subscription: Subscription) -> SafeString | str:
        return pill("subscription", standing(subscription))

    @display(description=_("Buyer"))
    def contact_shown(self, subscription: Subscription) -> str:
        return contact_shown(subscription)

    @display(description=_("Method"))
    def method_shown(self, subscription: Subscription) -> str:
        return method_of(subscription)

    @display(description=_("Mandate"))
    def mandate_link(self, subscription: Subscription) -> SafeString | str:
        if subscription.mandate_id is None:
            return "–"
        key = subscription.mandate_id
        return link("subscriptions_mandate", key, ids.encode("mnd", key))

    @display(description=_("Tries"))
    def tries_shown(self, subscription: Subscription) -> str:
        if subscription.state != _S.PAST_DUE:
            return "–"
        return f"{subscription.tries}/{len(policies.of(subscription.merchant_id).retry_days)}"

    @display(description=_("What lies ahead"))
    def ahead_shown(self, subscription: Subscription) -> SafeString:
        return table(
            (_("When"), _("What"), _("Amount")),
            [
                (moment(each.at), gettext(AHEAD[each.what]), money(each.sum) if each.sum else "–")
                for each in queries.ahead(subscription)
            ],
        )

    @display(description=_("Invoices"))
    def invoices_shown(self, subscription: Subscription) -> SafeString:
        return table(
            (_("Invoice"), _("Kind"), _("State"), _("Due"), _("Order"), _("Amount")),
            [
                (
                    link("subscriptions_invoice", row.pk, row.key),
                    pill("invoice_kind", row.kind),
                    pill("invoice", row.state),
                    moment(row.due_at),
                    link("payments_order", row.order.pk, row.order.number) if row.order else "–",
                    money(row.sum),
                )
                for row in queries.invoices(subscription)[:50]
            ],
        )

    @display(description=_("Why it ended"))
    def end_shown(self, subscription: Subscription) -> str:
        return reasons.shown(subscription.end_reason) or "–"

    @display(description=_("Reason given"))
    def reason_shown(self, subscription: Subscription) -> str:
        return reasons.shown(subscription.cancel_reason) or "–"

    @display(description=_("Deeds"))
    def trail(self, subscription: Subscription) -> SafeString:
        return trail_of(subscription.pk)

    @deed(
        _("Try the charge"),
        permission="subscriptions.change_subscription",
        icon="sync",
        says=_("The kept method is charged for what is owed. The schedule goes on as it was."),
        fits=lambda subscription: subscription.state == _S.PAST_DUE,
    )
    def retry(self, actor: Actor, subscription: Subscription, *, reason: str) -> str:
        _record(actor, "subscription.retry_asked", subscription, reason)
        known = word("attempt", tries.by_hand(subscription, actor=actor).state)
        return gettext("The charge was tried: %(state)s.") % {"state": gettext(known.text)}

    @deed(
        _("Stop"),
        permission="subscriptions.change_subscription",
        icon="block",
        variant=ActionVariant.DANGER,
        says=_("It ends at once. What was paid for is cut short; what goes back is by the merchant's rules."),
        fits=lambda subscription: subscription.state != _S.ENDED,
    )
    def stop(self, actor: Actor, subscription: Subscription, *, reason: str) -> str:
        _record(actor, "subscription.stopped", subscription, reason)
        ended = cancellations.now(subscription, actor=actor, reason=reason)
        return gettext("It ended at %(at)s.") % {"at": f"{ended.ended_at or clock.now():%Y-%m-%d %H:%M} UTC"}


def _record(actor: Actor, action: str, subscription: Subscription, reason: str) -> None:
    audit.record(
        actor,
        action,
        ("subscription", subscription.pk),
        merchant_id=subscription.merchant_id,
        reason=reason,
    )
