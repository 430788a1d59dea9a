"""What memberships tell the rest of the house: ids, states and figures; never a person's data."""

from typing import Any
from uuid import UUID

import webhooks
from kernel import ids
from kernel.books import Book
from kernel.errors import said
from outbox import Event
from webhooks import Topic

CREATED = "subscription.created"
STARTED = "subscription.started"
TRIAL_STARTED = "subscription.trial_started"
RENEWAL_UPCOMING = "subscription.renewal_upcoming"
RENEWED = "subscription.renewed"
PAST_DUE = "subscription.past_due"
RECOVERED = "subscription.recovered"
CHANGED = "subscription.changed"
CHANGE_SCHEDULED = "subscription.change_scheduled"
CHANGE_UNDONE = "subscription.change_undone"
PAUSE_SCHEDULED = "subscription.pause_scheduled"
PAUSED = "subscription.paused"
RESUMED = "subscription.resumed"
CANCEL_SCHEDULED = "subscription.cancel_scheduled"
CANCEL_UNDONE = "subscription.cancel_undone"
EXTENDED = "subscription.extended"
ENDED = "subscription.ended"
PRICE_CHANGE_OFFERED = "subscription.price_change_offered"
PRICE_CHANGE_DECLINED = "subscription.price_change_declined"
INVOICE_CREATED = "invoice.created"
INVOICE_PAID = "invoice.paid"
INVOICE_VOID = "invoice.void"
MANDATE_ACTIVE = "mandate.active"
MANDATE_SUSPENDED = "mandate.suspended"
MANDATE_ENDED = "mandate.ended"
_WITH_REASON = frozenset(
    {
        *(PAST_DUE, CANCEL_SCHEDULED, EXTENDED, ENDED, PRICE_CHANGE_DECLINED),
        *(MANDATE_ACTIVE, MANDATE_SUSPENDED, MANDATE_ENDED),
    }
)


def of_subscription(topic: str, subscription_id: UUID, merchant_id: UUID, book: str, **facts: Any) -> Event:
    """What happened to a subscription, an invoice or a mandate of it; told in the order of writing."""
    unsaid = {"reason": ""} if topic in _WITH_REASON else {}
    payload = {"subscription": ids.encode("sub", subscription_id), **unsaid, **facts}
    return Event(topic, ("subscription", subscription_id), merchant_id, Book(book), payload)


def order_name(order_id: UUID | None) -> str | None:
    """An order's name in a payload."""
    return ids.encode("ord", order_id) if order_id else None


_SUBSCRIPTION = {
    "subscription": said("The subscription."),
    "state": said("How it stands."),
    "product": said("The product."),
    "plan_version": said("The version of the plan."),
    "quantity": said("How many."),
    "amount": said("How much, in minor units."),
    "currency": said("The currency, by ISO 4217."),
    "period_ends": said("Until when it is paid."),
}
_REASON = {**_SUBSCRIPTION, "reason": said("Why; may be empty.")}
_PAID = {**_SUBSCRIPTION, "order": said("The order that paid for it; null: nothing was charged.")}
_INVOICE = {
    "subscription": said("The subscription."),
    "invoice": said("The invoice."),
    "kind": said("What it is for: start, trial, renewal or change."),
    "period": said("The number of the period that it is for; null: it is for none."),
    "amount": said("How much, in minor units."),
    "currency": said("The currency, by ISO 4217."),
    "order": said("The order that asks for it; null: nothing is to be paid."),
}
_MANDATE = {
    "subscription": said("The subscription."),
    "mandate": said("The buyer's permission to be charged."),
    "method": said("The payment method."),
    "reason": said("Why; may be empty."),
}

webhooks.publish(
    Topic(CREATED, said("Somebody subscribes; the first payment is awaited."), _SUBSCRIPTION),
    Topic(STARTED, said("The first period is paid, and the membership is on."), _PAID),
    Topic(TRIAL_STARTED, said("A trial has begun."), _SUBSCRIPTION),
    Topic(
        RENEWAL_UPCOMING,
        said("The buyer is told of the next charge."),
        {**_SUBSCRIPTION, "due_at": said("When it is due."), "order": said("The order to pay, if one is.")},
    ),
    Topic(RENEWED, said("Another period is paid."), _PAID),
    Topic(
        PAST_DUE,
        said("A period is due and not paid. Comes again with each try that fails."),
        {
            **_REASON,
            "tries": said("How often it was tried."),
            "next_try_at": said("When it is tried next; null: no more."),
            "invoice": said("The invoice that is not paid."),
            "order": said("The order to pay."),
        },
    ),
    Topic(RECOVERED, said("What was past due is paid."), _SUBSCRIPTION),
    Topic(CHANGED, said("The plan or the quantity has changed."), _PAID),
    Topic(
        CHANGE_SCHEDULED,
        said("The plan or the quantity changes with the next period."),
        {
            **_SUBSCRIPTION,
            "next_plan_version": said("The version of the plan from the next period on."),
            "next_quantity": said("How many from the next period on."),
            "next_amount": said("What a period costs from the next one on, in minor units."),
        },
    ),
    Topic(CHANGE_UNDONE, said("A change with the next period was taken back."), _SUBSCRIPTION),
    Topic(
        PAUSE_SCHEDULED,
        said("It pauses at the end of the period."),
        {**_SUBSCRIPTION, "resume_at": said("When it goes on by itself; null: when somebody resumes it.")},
    ),
    Topic(PAUSED, said("It is paused."), _SUBSCRIPTION),
    Topic(RESUMED, said("A pause has ended, or was taken back."), _SUBSCRIPTION),
    Topic(CANCEL_SCHEDULED, said("It ends with the period."), _REASON),
    Topic(CANCEL_UNDONE, said("It does not end with the period after all."), _SUBSCRIPTION),
    Topic(EXTENDED, said("The merchant gave days for nothing."), {**_REASON, "days": said("Days.")}),
    Topic(ENDED, said("It has ended."), _REASON),
    Topic(
        PRICE_CHANGE_OFFERED,
        said("The buyer is asked about another price."),
        {
            **_SUBSCRIPTION,
            "new_price": said("What one would cost, in minor units."),
            "effective_from": said("From when on it would count."),
        },
    ),
    Topic(PRICE_CHANGE_DECLINED, said("The other price was declined, or not answered."), _REASON),
    Topic(INVOICE_CREATED, said("An invoice was made."), _INVOICE),
    Topic(INVOICE_PAID, said("An invoice is paid."), _INVOICE),
    Topic(INVOICE_VOID, said("An invoice is not to be paid any more."), _INVOICE),
    Topic(MANDATE_ACTIVE, said("A payment method is kept and can be charged."), _MANDATE),
    Topic(MANDATE_SUSPENDED, said("The bank refuses a kept method for good."), _MANDATE),
    Topic(MANDATE_ENDED, said("A kept method is not charged any more."), _MANDATE),
)
