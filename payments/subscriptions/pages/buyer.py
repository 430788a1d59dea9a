"""A buyer's page of one subscription: how it stands, what comes next, and everything that can be done."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_GET

from kernel import clock
from kernel.errors import said
from kernel.money import Money
from merchants.models import Entitlement
from merchants.services import plans
from merchants.states import ProductStatus
from payments import shelf
from web.secrecy import secret_address

from .. import queries
from ..models import Mandate, PriceChange, Subscription
from ..services import consenting, lives, policies
from ..states import CancelNow, EndReason, MandateState, PriceChangeState, SubscriptionState
from . import consent_words, facts
from .rows import method_of, standing

_INVOICES = 36
_S = SubscriptionState
_RUNS = (_S.TRIALING, _S.ACTIVE)
DONE = {
    "pause": said("It rests from the end of the paid period on. Nothing is charged then."),
    "resume": said("It goes on."),
    "cancel": said("It ends with the paid period; nothing more is charged. Until then you can undo this."),
    "cancel_now": said("It has ended. Nothing more is charged."),
    "undo": said("It goes on after all, as before."),
    "undo_change": said("Nothing changes with the next period."),
    "changed": said("It is changed."),
    "planned": said("It changes with the next period. Until then you can take this back."),
    "paid": said("It is paid. Thank you."),
    "refused": said("The bank refused again. Pay in another way, or show another card."),
    "asked": said("The bank has not answered yet; we ask until it does. You need not do anything."),
    "end_mandate": said("The saved method is not charged any more. You get a link for each further period."),
    "shown": said("The card is confirmed."),
    "card": said("Please confirm the other card on the next page. Until then the one before stays in use."),
    "no_page": said("The card page could not be opened. Nothing was changed. Try again in a minute."),
    "accept": said("You agreed. The other price holds from the next period on."),
    "decline": said("You declined. Nothing changes."),
}
"""What the page says after something was done, by the word in its address."""


@secret_address
@require_GET
def show(request: HttpRequest, token: str) -> HttpResponse:
    """The page."""
    return page(request, queries.of_token(token))


def page(request: HttpRequest, found: Subscription, *, template: str = "show", **more: Any) -> HttpResponse:
    """One of the pages of a subscription, with what all of them show."""
    status = more.pop("status", 200)
    return render(request, f"subscriptions/{template}.html", facts_of(request, found) | more, status=status)


def facts_of(request: HttpRequest, found: Subscription) -> dict[str, Any]:
    """What the templates show."""
    entitlement = Entitlement.objects.filter(subscription_id=found.pk).first()
    invoice = queries.open_invoice(found)
    awaited, is_back = queries.awaited(found), request.GET.get("done") == "shown"
    done = _done(request, found)
    return {
        "shop": shelf.shop_of(found.store_id),
        "subscription": found,
        "standing": standing(found),
        "plan": plans.version(found.version_id),
        "price": found.price,
        "interval": plans.version(found.version_id).period,
        "next_plan": plans.version(found.next_version_id) if found.next_version_id else None,
        "coming": queries.next_sum(found),
        "next_sum": queries.next_sum(found) if _is_charged(found) else None,
        "balance": Money(found.balance, found.currency) if found.balance else None,
        "method": method_of(found),
        "mandate": _kept(found),
        "waiting": awaited if awaited and awaited.page_url else None,
        "confirming": bool(awaited and (is_back if awaited.page_url else awaited.payment_id)),
        "entitlement": entitlement,
        "entitlement_state": entitlement.state(clock.now(found.merchant)) if entitlement else "",
        "access_ends": _access_ends(found, entitlement),
        "order": invoice.order if invoice else None,
        "invoices": [facts.Shown(row, facts.lines_of(row)) for row in queries.invoices(found)[:_INVOICES]],
        "offer": _offer(found),
        "again": _again(found) if found.state == _S.ENDED else "",
        "may": may(found),
        "said": gettext(done) if done else "",
        "end_said": gettext(facts.ENDED[EndReason(found.end_reason)]) if found.end_reason else "",
    }


def may(found: Subscription) -> dict[str, bool]:
    """What its buyer can do with it, as it stands and as the merchant lets."""
    rules, able = policies.of(found.merchant_id), facts.may_of(found)
    return able | {
        "change": able["change"] and rules.may_change,
        "pause": able["pause"] and rules.may_pause,
        "cancel_now": able["cancel_now"] and rules.cancel_now != CancelNow.NO,
        "card": found.state not in (_S.ENDED, _S.INCOMPLETE),
    }


def url(found: Subscription, page_name: str = "", *, done: str = "") -> str:
    """The address of one of its pages; `done` names what to say there."""
    name = f"subscriptions:{page_name}" if page_name else "subscriptions:show"
    return reverse(name, args=[found.token]) + (f"?done={done}" if done else "")


def _again(found: Subscription) -> str:
    """Where it can be subscribed to anew; empty: it is not sold any more."""
    product = found.product
    if product.status != ProductStatus.LIVE or not plans.on_sale(product.pk):
        return ""
    return reverse("payments:product", args=[found.store.slug, product.slug])


def _is_charged(found: Subscription) -> bool:
    """Whether another period will be asked for as things stand."""
    runs = found.state in (_S.TRIALING, _S.ACTIVE)
    return runs and not (found.cancel_at_end or found.pause_at_end)


def _done(request: HttpRequest, found: Subscription) -> str:
    """What was done, by the page's address; nothing where that is not so any more, for pages are reloaded."""
    word, stands, kept = request.GET.get("done", ""), standing(found), _kept(found)
    is_kept = kept is not None and kept.state == MandateState.ACTIVE and queries.awaited(found) is None
    holds = {
        "pause": stands == "pausing",
        "resume": stands in _RUNS,
        "cancel": stands == "cancelling",
        "cancel_now": stands == _S.ENDED,
        "undo": stands in _RUNS,
        "undo_change": found.next_version_id is None,
        "changed": stands in _RUNS,
        "planned": found.next_version_id is not None,
        "paid": stands in _RUNS,
        "refused": stands == _S.PAST_DUE,
        "end_mandate": kept is None,
        "shown": is_kept,
        "card": not is_kept,
        "accept": found.next_version_id is not None,
    }
    return DONE.get(word, "") if holds.get(word, True) else ""


def _kept(found: Subscription) -> Mandate | None:
    kept = found.mandate
    return kept if kept is not None and kept.state in (MandateState.ACTIVE, MandateState.SUSPENDED) else None


def _access_ends(found: Subscription, entitlement: Entitlement | None) -> Any:
    """Until when a membership stays on that is past due."""
    if found.state != _S.PAST_DUE or found.past_due_since is None:
        return None
    if entitlement is not None and entitlement.grace_until is not None:
        return entitlement.grace_until
    return lives.grace_until(found.past_due_since, policies.of(found.merchant_id))


def _offer(found: Subscription) -> dict[str, Any] | None:
    change = PriceChange.objects.filter(subscription=found, state=PriceChangeState.OFFERED).first()
    if change is None:
        return None
    new = Money(change.new_price * found.quantity, found.currency)
    plan = plans.version(change.to_version_id)
    return {
        "change": change,
        "old": Money(change.old_price * found.quantity, found.currency),
        "new": new,
        "words": consent_words.of(found, new, plan) if consenting.exceeds(found, new.amount) else "",
    }
