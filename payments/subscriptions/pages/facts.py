"""Everything about one subscription that its merchant reads."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext

from audit import queries as audit_queries
from buyers import consents
from kernel import clock, ids
from kernel.errors import said
from kernel.money import Money
from merchants.models import Entitlement
from merchants.plan_offers import PlanOffer
from merchants.services import plans
from payments.failure_words import NAMES
from payments.models import Payment
from payments.pages.deeds import Deed, deed_said
from web.templatetags import ui

from .. import metrics, queries, reasons
from ..billing.proration import Line, LineKind
from ..models import Invoice, Mandate, Subscription
from ..services import cancellations, policies
from ..states import EndReason, InvoiceKind, InvoiceState, MandateState, SubscriptionState

_INVOICES = 50
_TRAIL = 50
_TRIES = 30
_S = SubscriptionState
AHEAD = {
    "notice": said("The buyer is told of the charge"),
    "charge": said("The next period is charged"),
    "try": said("Tried again"),
    "link": said("The buyer gets a link to pay"),
    "due": said("The next period is due"),
    "remind": said("The buyer is reminded"),
    "give_up": said("Given up; the subscription ends"),
    "pause": said("It rests"),
    "resume": said("It goes on"),
    "end": said("It ends"),
    "change": said("The plan changes"),
}
ENDED = {
    EndReason.CANCELLED: said("Cancelled"),
    EndReason.UNPAID: said("Not paid"),
    EndReason.NEVER_PAID: said("The first period was never paid"),
    EndReason.REFUNDED: said("Refunded"),
    EndReason.REJECTED: said("Refused after review"),
}
LINES = {
    LineKind.PERIOD: said("Period"),
    LineKind.TRIAL: said("Trial"),
    LineKind.UNUSED: said("Unused time"),
    LineKind.REMAINING: said("Rest of the period"),
    LineKind.RETURNED: said("Balance given back"),
}


@dataclass(frozen=True, slots=True)
class Shown:
    """An invoice with its lines in words."""

    invoice: Invoice
    lines: list[tuple[str, Money]]


@dataclass(frozen=True, slots=True)
class Tried:
    """One try to charge what was due, or to be."""

    at: datetime
    state: str
    why: str


def of(subscription: Subscription) -> dict[str, Any]:
    """What the page shows beside the subscription itself."""
    rows = list(queries.invoices(subscription)[:_INVOICES])
    entitlement = Entitlement.objects.filter(subscription_id=subscription.pk).first()
    now = clock.now(subscription.merchant)
    trail = audit_queries.of_subject("subscription", subscription.pk)[:_TRAIL]
    return {
        "plan": plans.version(subscription.version_id),
        "price": subscription.price,
        "mrr": metrics.rounded(subscription.recurring, subscription.currency),
        "balance": Money(subscription.balance, subscription.currency) if subscription.balance else None,
        "next_plan": _next_plan(subscription),
        "ahead": [(gettext(AHEAD[each.what]), each) for each in queries.ahead(subscription)],
        "invoices": [Shown(row, lines_of(row)) for row in rows],
        "tries": _tries(rows),
        "most": len(policies.of(subscription.merchant_id).retry_days),
        "entitlement": entitlement,
        "entitlement_state": entitlement.state(now) if entitlement else "",
        "mandates": Mandate.objects.filter(subscription=subscription).order_by("-id")[:10],
        "consents": consents.of_subject("subscription", [subscription.pk]),
        "back": cancellations.refund_of_now(subscription),
        "may": may_of(subscription),
        "end_said": gettext(ENDED[EndReason(subscription.end_reason)]) if subscription.end_reason else "",
        "reason_given": reasons.shown(subscription.cancel_reason),
        "trail": [Deed(deed_said(row.action), row.at, reasons.shown(row.reason)) for row in trail],
    }


def plain_price(plan: PlanOffer, subscription: Subscription) -> str:
    """A plan's price of one; of its own, what was agreed."""
    if plan.version_id == subscription.version_id:
        return ui.plain_money(Money(subscription.unit_price, subscription.currency))
    return ui.plain_money(plan.price(subscription.currency))


def choices(found: Subscription) -> list[tuple[str, str]]:
    """The plans that are sold in its currency, and its own: by version, in words."""
    offers = {each.version_id: each for each in plans.on_sale(found.product_id)}
    offers.setdefault(found.version_id, plans.version(found.version_id))
    return [
        (ids.encode("plv", each.version_id), f"{each.name} · {plain_price(each, found)} / {each.period}")
        for each in offers.values()
        if found.currency in each.prices or each.version_id == found.version_id
    ]


def line_said(line: Line) -> str:
    """A line of a preview in words."""
    return _said(str(line.kind), line.quantity, line.starts, line.ends)


def _said(kind: str, quantity: int, starts: datetime, ends: datetime) -> str:
    name = gettext(LINES[LineKind(kind)])
    times = f"{_day(starts)} – {_day(ends)}"
    return f"{name} × {quantity} · {times}" if quantity > 1 else f"{name} · {times}"


def lines_of(invoice: Invoice) -> list[tuple[str, Money]]:
    """Its lines in words; the discount and the balance are lines of their own."""
    found = [
        (
            _said(
                *(row["kind"], row["quantity"]),
                *(datetime.fromisoformat(row["from"]), datetime.fromisoformat(row["to"])),
            ),
            Money(row["amount"], invoice.currency),
        )
        for row in invoice.lines
    ]
    if invoice.discount:
        found.append((gettext("Discount"), Money(-invoice.discount, invoice.currency)))
    if invoice.balance_used > 0:
        found.append((gettext("From the balance"), Money(-invoice.balance_used, invoice.currency)))
    elif invoice.balance_used < 0:
        found.append((gettext("To the balance"), Money(-invoice.balance_used, invoice.currency)))
    return found


def _tries(invoices: list[Invoice]) -> list[Tried]:
    """Every charge of the last renewal that was not paid at once, or is not paid yet."""
    latest = next((row for row in invoices if row.kind == InvoiceKind.RENEWAL and row.order_id), None)
    if latest is None:
        return []
    rows = list(Payment.objects.filter(order=latest.order_id).order_by("ordinal")[:_TRIES])
    if latest.state == InvoiceState.PAID and len(rows) < 2:
        return []
    return [
        Tried(
            row.created_at,
            row.state,
            gettext(NAMES[row.failure]) if row.failure else "",
        )
        for row in rows
    ]


def _day(at: datetime) -> str:
    """On the merchant's calendar; no line breaks within it."""
    return f"{timezone.localtime(at):%Y-%m-%d}".replace("-", "\N{WORD JOINER}-\N{WORD JOINER}")


def _is_kept(subscription: Subscription) -> bool:
    """Whether there is a method that can be charged: the bank has not refused it for good."""
    return subscription.mandate is not None and subscription.mandate.state == MandateState.ACTIVE


def _next_plan(subscription: Subscription) -> PlanOffer | None:
    return plans.version(subscription.next_version_id) if subscription.next_version_id else None


def may_of(subscription: Subscription) -> dict[str, bool]:
    """What can be done with it as it stands."""
    runs = subscription.state in (_S.TRIALING, _S.ACTIVE)
    return {
        "change": runs and not subscription.cancel_at_end,
        "pause": runs and not subscription.cancel_at_end and not subscription.pause_at_end,
        "resume": subscription.state == _S.PAUSED or (runs and subscription.pause_at_end),
        "cancel": subscription.state != _S.ENDED and not subscription.cancel_at_end,
        "cancel_now": runs,
        "undo": runs and subscription.cancel_at_end,
        "undo_change": runs and subscription.next_version_id is not None,
        "extend": runs,
        "retry": subscription.state == _S.PAST_DUE and _is_kept(subscription),
        "end_mandate": subscription.state != _S.ENDED and subscription.mandate_id is not None,
    }
