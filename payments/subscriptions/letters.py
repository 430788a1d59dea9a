"""What buyers are mailed of their memberships: a heading, a few sentences, and the page that is meant."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import formats, translation
from django.utils.translation import gettext

from kernel import ids
from kernel.errors import said
from kernel.money import Money
from merchants.services import plans
from payments import shelf
from payments.models import Order
from payments.services.addresses import order_url
from web import letters

from . import events
from .addresses import subscription_url
from .billing import dunning
from .models import Mandate, Subscription
from .services import consenting, invoicing, keeping, lives, policies
from .services.overdue import LINK
from .states import EndReason, SubscriptionState

NAME = "subscription"


@dataclass(frozen=True, slots=True)
class Text:
    """A letter. Both have `{named}` places; `action` is what its button says."""

    heading: str
    sentence: str
    action: str = said("See the membership")


TEXTS: Mapping[str, Text] = {
    events.TRIAL_STARTED: Text(
        said("Your trial of {title} has begun."),
        said("It is free until {ends}. Then it goes on for {price} {interval}, unless you end it before."),
    ),
    "trial_link": Text(
        said("Your trial of {title} has begun."),
        said("It is free until {ends}. Before that day you get a link to pay {price}; unpaid, it ends."),
    ),
    events.STARTED: Text(
        said("Your membership {title} is on."),
        said(
            "{paid} was paid. It is on until {ends}. On its page you find its key, and can change or end it "
            "at any time."
        ),
    ),
    events.RENEWAL_UPCOMING: Text(
        said("Your membership {title} renews on {due}."),
        said(
            "{price} will be charged to {card}. If you do not want that, end it on its page before that day."
        ),
    ),
    "covered": Text(
        said("Your membership {title} renews on {due}."),
        said("Your balance pays for the next period, and nothing is charged."),
    ),
    "link": Text(
        said("Your membership {title} is to be renewed by {due}."),
        said("Pay {price} before that day, and it goes on without a break. Nothing is charged by itself."),
        said("Pay now"),
    ),
    events.RENEWED: Text(
        said("Your membership {title} is renewed."),
        said("{price} was paid. It goes on until {ends}."),
        said("See the receipt"),
    ),
    "by_balance": Text(
        said("Your membership {title} is renewed."),
        said("Your balance paid for it, and nothing was charged. It goes on until {ends}."),
    ),
    events.PAST_DUE: Text(
        said("The payment for your membership {title} is missing."),
        said(
            "{price} could not be charged to {card}. Please pay it now, or show another card. The membership "
            "is on until {grace}, and ends on {over} if it is still unpaid."
        ),
        said("Pay now"),
    ),
    "bank_asks": Text(
        said("Your bank wants you to confirm the payment for {title}."),
        said(
            "{price} could not be charged to {card} without you. Please pay it now, and confirm it with your "
            "bank. The membership is on until {grace}, and ends on {over} if it is still unpaid."
        ),
        said("Pay now"),
    ),
    "link_due": Text(
        said("The payment for your membership {title} is missing."),
        said(
            "Please pay {price} now; nothing is charged by itself. The membership is on until {grace}, and "
            "ends on {over} if it is still unpaid."
        ),
        said("Pay now"),
    ),
    events.CHANGED: Text(
        said("Your membership {title} has changed."),
        said("It costs {price} {interval} from now on. The current period ends on {ends}."),
    ),
    "changed_paid": Text(
        said("Your membership {title} has changed."),
        said(
            "{paid} was paid for that. It costs {price} {interval} from now on. The current period ends on "
            "{ends}."
        ),
    ),
    events.CHANGE_SCHEDULED: Text(
        said("Your membership {title} changes on {ends}."),
        said(
            "From then on it costs {then} {then_interval}. Until then everything stays as it is, and you can "
            "take the change back."
        ),
    ),
    events.PAUSED: Text(
        said("Your membership {title} is paused."),
        said("Nothing is charged until you resume it on its page."),
    ),
    events.CANCEL_SCHEDULED: Text(
        said("Your membership {title} ends on {ends}."),
        said("Nothing more is charged. Until then it stays on, and you can undo this."),
    ),
    events.ENDED: Text(
        said("Your membership {title} has ended."),
        said("Nothing is charged any more, and no payment method is kept."),
    ),
    "unpaid": Text(
        said("Your membership {title} has ended."),
        said(
            "The last period was not paid. Nothing is charged any more, and no payment method is kept. You "
            "can subscribe again at any time."
        ),
    ),
    events.MANDATE_ENDED: Text(
        said("The saved payment method of {title} is not charged any more."),
        said("The membership goes on until {ends}. For each further period you get a link to pay."),
    ),
    events.PRICE_CHANGE_OFFERED: Text(
        said("The price of your membership {title} is to change."),
        said(
            "From {since} on it would cost {new} a period instead of {price}. Please say on its page whether "
            "you agree. Without your consent nothing changes."
        ),
        said("Answer"),
    ),
}


SPECIAL = frozenset(
    {"changed_paid", "trial_link", "link", "covered", "by_balance", "bank_asks", "link_due", "unpaid"}
)
"""Texts that are for no topic of their own."""
_ABOUT_ITSELF = frozenset({events.STARTED, events.CHANGED})
"""Letters that lead to the membership, though an order paid for it."""


def send(subscription: Subscription, topic: str, payload: Mapping[str, Any]) -> None:
    """Mail what happened, if it is told by mail."""
    order = _order(payload)
    text = TEXTS.get(_name(subscription, topic, payload, order))
    if text is None or payload.get("reason") == "never_paid" or not _concerns(subscription, topic, payload):
        return
    with translation.override(subscription.language):
        shop = shelf.shop_of(subscription.store_id)
        places = _places(subscription, topic, payload, order)
        facts = {
            "shop_name": shop.name,
            "support": shop.support,
            "title": subscription.title,
            "heading": gettext(text.heading).format_map(places),
            "sentence": gettext(text.sentence).format_map(places),
            "action": gettext(text.action),
            "url": order_url(order.token)
            if order is not None and topic not in _ABOUT_ITSELF
            else subscription_url(subscription.token),
        }
    letters.send(NAME, to=invoicing.contact_of(subscription), language=subscription.language, facts=facts)


def _name(subscription: Subscription, topic: str, payload: Mapping[str, Any], order: Order | None) -> str:
    """Which of the texts is sent for an event."""
    if topic == events.TRIAL_STARTED and subscription.mandate_id is None:
        return "trial_link"
    if topic == events.RENEWAL_UPCOMING and order is not None:
        return "link"
    if topic == events.RENEWAL_UPCOMING and not payload["amount"]:
        return "covered"
    if topic == events.RENEWED and order is None:
        return "by_balance"
    if topic == events.CHANGED and order is not None:
        return "changed_paid"
    if topic == events.PAST_DUE:
        return _missing(subscription, payload)
    return "unpaid" if topic == events.ENDED and payload.get("reason") == EndReason.UNPAID else topic


def _missing(subscription: Subscription, payload: Mapping[str, Any]) -> str:
    """Which text asks for what is past due: by why it could not be charged."""
    if subscription.needs_buyer:
        return "bank_asks"
    is_refused = subscription.hard or payload["reason"] != LINK
    return events.PAST_DUE if is_refused and subscription.mandate_id is not None else "link_due"


def _concerns(subscription: Subscription, topic: str, payload: Mapping[str, Any]) -> bool:
    """Whether an event is news to its buyer: not so a method that another replaced, or that ended unkept.

    With the last try of a period the membership ends at once, and that is told.
    """
    if topic == events.PAST_DUE:
        return payload.get("next_try_at", "") is not None
    if topic != events.MANDATE_ENDED:
        return True
    if payload.get("reason") in (keeping.REPLACED, keeping.OVER):
        return False
    # A card that was never shown was never charged; and with another one in use no links are sent.
    was_kept = Mandate.objects.filter(pk=ids.decode("mnd", payload["mandate"])).exclude(handle="").exists()
    return was_kept and subscription.mandate_id is None and subscription.state != SubscriptionState.ENDED


def _order(payload: Mapping[str, Any]) -> Order | None:
    name = payload.get("order")
    return Order.objects.filter(pk=ids.decode("ord", name)).first() if name else None


def _places(
    subscription: Subscription, topic: str, payload: Mapping[str, Any], order: Order | None
) -> dict[str, str]:
    period = Money(payload["amount"], payload["currency"])
    paid = order.price if order else period
    price = period if topic in _ABOUT_ITSELF else paid
    language = translation.get_language() or "en"
    mandate, currency = subscription.mandate, subscription.currency
    follows = plans.version(subscription.next_version_id or subscription.version_id)
    agreed = plans.version(ids.decode("plv", payload["plan_version"]))
    new = payload.get("new_price", 0) * payload.get("quantity", 0)
    rules, due = policies.of(subscription.merchant_id), subscription.past_due_since
    return {
        "title": subscription.title,
        "price": price.format(language),
        "paid": paid.format(language),
        "then": Money(lives.next_price(subscription), currency).format(language),
        "then_interval": consenting.interval(follows),
        "new": Money(new, currency).format(language),
        "since": _date(subscription, payload.get("effective_from")),
        "interval": consenting.interval(agreed),
        "ends": _date(subscription, payload.get("period_ends")),
        "due": _date(subscription, payload.get("due_at") or payload.get("period_ends")),
        "card": mandate.label if mandate else "",
        "grace": _day(subscription, lives.grace_until(due, rules) if due else None),
        "over": _day(subscription, dunning.last_try(due, rules.retry_days) if due else None),
    }


def _date(subscription: Subscription, value: str | None) -> str:
    return _day(subscription, datetime.fromisoformat(value) if value else None)


def _day(subscription: Subscription, moment: datetime | None) -> str:
    if moment is None:
        return ""
    return formats.date_format(moment.astimezone(ZoneInfo(subscription.zone)), "DATE_FORMAT")
