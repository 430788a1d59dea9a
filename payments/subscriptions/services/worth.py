"""What the running period is worth to its buyer: what was paid for it, and has not gone back.

`period_value` is what was paid for the whole of the period as it now is, and beside it what had gone back of
its payments when it last changed; so what has gone back by now is taken off as a whole. Money on its way
back counts as gone. Days that were given for nothing come last, and are worth nothing. Minor units.
"""

from collections.abc import Sequence
from datetime import datetime

from django.db.models import Sum

from merchants.models import EntitlementGrant
from merchants.states import GrantKind
from payments.models import Dispute, Payment
from payments.models.dispute import MONEY_TAKEN
from payments.services import refunds
from payments.states import Use

from ..billing.proration import Period
from ..errors import NotPossible
from ..models import Invoice, Subscription
from ..states import InvoiceState


def period(subscription: Subscription) -> Period:
    """The running period and what it is worth. Raises NotPossible where none was begun."""
    starts, ends = subscription.period_starts, subscription.period_ends
    if starts is None or ends is None:
        raise NotPossible
    value = max(0, subscription.period_value - gone_back(subscription))
    return Period(starts, ends, value, paid_until=_free_from(subscription, starts, ends))


def _free_from(subscription: Subscription, starts: datetime, ends: datetime) -> datetime | None:
    """Where the days begin that were given for nothing, if any were."""
    if subscription.entitlement_id is None:
        return None
    free = EntitlementGrant.objects.filter(
        entitlement_id=subscription.entitlement_id,
        kind=GrantKind.FREE,
        starts_at__gt=starts,
        ends_at__lte=ends,
        revoked_at__isnull=True,
    )
    return free.order_by("starts_at").values_list("starts_at", flat=True).first()


def payments(subscription: Subscription) -> list[Payment]:
    """What was paid in money for the running period, newest first: it, and the changes within it."""
    paid = Invoice.objects.filter(subscription=subscription, state=InvoiceState.PAID)
    began = paid.filter(period=subscription.period).values_list("number", flat=True).first()
    if began is None:
        return []
    orders = paid.filter(number__gte=began, order__isnull=False).values("order_id")
    found = Payment.objects.filter(order_id__in=orders, use=Use.APPLIED)
    return list(found.order_by("-order__subscription_invoice__number"))


def all_payments(subscription: Subscription) -> list[Payment]:
    """What was ever paid for it in money, newest first."""
    found = Payment.objects.filter(order__subscription_id=subscription.pk, use=Use.APPLIED)
    return list(found.order_by("-order__subscription_invoice__number"))


def shares(paid: Sequence[Payment], amount: int) -> list[tuple[Payment, int]]:
    """How an amount goes back through these payments, the first ones first, each as far as it can."""
    found = []
    with_bank = set(
        Dispute.objects.filter(MONEY_TAKEN, payment__in=paid).values_list("payment_id", flat=True)
    )
    for payment in paid:
        part = 0 if payment.pk in with_bank else min(amount, payment.refundable.amount)
        if part > 0:
            found.append((payment, part))
            amount -= part
    return found


def locked(parts: Sequence[tuple[Payment, int]]) -> list[Payment]:
    """These payments, locked with their orders in the order of locks, and given in their own."""
    held = {
        payment.pk: refunds.lock(payment.pk)
        for payment, _ in sorted(parts, key=lambda part: part[0].order_id)
    }
    return [held[payment.pk] for payment, _ in parts]


def gone_back(subscription: Subscription) -> int:
    """What of these payments was refunded, is being refunded, or lies with a buyer's bank."""
    made = payments(subscription)
    taken = Dispute.objects.filter(MONEY_TAKEN, payment__in=made).aggregate(sum=Sum("amount"))["sum"]
    return sum(each.refunded + each.refund_pending for each in made) + (taken or 0)
