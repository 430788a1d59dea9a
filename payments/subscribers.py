"""What the sale does when it hears of something: mails to buyers, and what a review decided.

No mail holds a key, only the order's link.
"""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext

import outbox
from kernel import ids
from kernel.money import Money
from merchants.models import Member
from merchants.roles import PERMISSIONS, Permission
from outbox import Received
from risk.services import reviews
from web import letters
from webhooks import events as webhook_events
from webhooks.states import OffReason

from . import events, money_back, shelf, trust
from .models import Dispute, Order, Refund
from .services import alerts, holds
from .services.addresses import order_url
from .services.alerts import Matter
from .services.orders import contact_of


@outbox.subscriber("mail", topics={events.ORDER_DELIVERED, events.ORDER_LINKS_ASKED, events.REFUND_REQUESTED})
def mail(event: Received) -> None:
    """Tell the buyer: the goods are there, the links that were asked for, money goes back."""
    _LETTERS[event.topic](event)


def _delivered(event: Received) -> None:
    order = _order(event.subject[1])
    if order.subscription_id is not None:
        # There are no keys to see: memberships tell their buyers themselves.
        return
    facts = {"quantity": order.quantity, "amount": order.price, "discount": order.taken_off}
    _send("order_delivered", order, {**_facts(order), **facts})


def _links(event: Received) -> None:
    wanted = [ids.decode("ord", name) for name in event.payload["orders"]]
    found = {order.pk: order for order in Order.objects.filter(pk__in=wanted)}
    latest = found[event.subject[1]]
    orders = [
        {
            "number": order.number,
            "title": order.title,
            "placed_at": order.placed_at,
            "url": f"{order_url(order.token)}?pass={trust.new_pass(order)}",
        }
        for order in (found[key] for key in wanted)
    ]
    _send("order_links", latest, {**_facts(latest), "orders": orders})


def _refund(event: Received) -> None:
    refund = Refund.objects.select_related("order", "account").get(pk=event.subject[1])
    with translation.override(refund.order.language):
        arrival = gettext(money_back.words(refund.account.channel))
    facts = {**_facts(refund.order), "amount": Money(refund.amount, refund.currency), "arrival": arrival}
    _send("refund", refund.order, facts)


_LETTERS = {
    events.ORDER_DELIVERED: _delivered,
    events.ORDER_LINKS_ASKED: _links,
    events.REFUND_REQUESTED: _refund,
}


def _order(order_id: UUID) -> Order:
    return Order.objects.get(pk=order_id)


def _facts(order: Order) -> dict[str, Any]:
    shop = shelf.shop_of(order.store_id)
    with translation.override(order.language):
        said = {"shop_name": shop.name, "support": shop.support}
    return {**said, "number": order.number, "title": order.title, "url": order_url(order.token)}


def _send(name: str, order: Order, facts: dict[str, Any]) -> None:
    letters.send(name, to=contact_of(order), language=order.language, facts=facts)


@outbox.subscriber("dispute_letters", topics={events.DISPUTE_CREATED})
def warn_of_dispute(event: Received) -> None:
    """Tell those who may give money back that a buyer's bank wants an answer, and until when."""
    dispute = Dispute.objects.select_related("order", "merchant").get(pk=event.subject[1])
    merchant, order = dispute.merchant, dispute.order
    page = reverse("payments:merchant-order", args=[merchant.key, order.key])
    facts = {
        "shop_name": merchant.name,
        "number": order.number,
        "amount": dispute.money,
        "answer_by": dispute.evidence_due_by,
        "url": f"{settings.KEYWAY_URL}{page}",
    }
    roles = [role for role, may in PERMISSIONS.items() if Permission.REFUND in may]
    members = Member.objects.filter(merchant_id=merchant.team_id, role__in=roles).select_related("user")
    for member in members.order_by("joined_at"):
        letters.send("dispute", to=member.user.email, language=member.user.language, facts=facts)


@outbox.subscriber("holds", topics={reviews.RELEASED, reviews.REJECTED, events.ORDER_HELD})
def end_review(event: Received) -> None:
    """Do to the order what a person decided about it, or had decided before it was paid."""
    if event.topic == events.ORDER_HELD:
        holds.settle(_order(event.subject[1]))
        return
    order = Order.objects.filter(decision_id=event.subject[1], review=True).first()
    if order is not None:
        holds.settle(order)


_MATTERS = {
    webhook_events.ENDPOINT_FAILING: Matter.WEBHOOK_FAILING,
    webhook_events.ENDPOINT_DISABLED: Matter.WEBHOOK_DISABLED,
}


@outbox.subscriber("webhook_alerts", topics=_MATTERS)
def alert_operators(event: Received) -> None:
    """Show operators that an endpoint fails, or was switched off by itself."""
    is_by_hand = event.payload.get("reason") == OffReason.OPERATOR
    if event.merchant_id is not None and not is_by_hand:
        alerts.tell(
            _MATTERS[event.topic],
            event.subject,
            merchant_id=event.merchant_id,
            book=event.book,
            facts=event.payload,
        )
