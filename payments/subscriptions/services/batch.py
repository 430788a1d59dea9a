"""What a transaction does to many subscriptions, written with one statement a table.

Order of locks: the subscriptions are locked before; here orders and payments are only added, then invoices,
entitlements, and inserts.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import orjson

import audit
import outbox
from kernel import clock, ids
from kernel.actors import SYSTEM, Actor
from merchants.models import EntitlementGrant
from payments import sql
from payments.models import Order, Payment
from payments.services import period_orders

from .. import events
from ..billing import recurring
from ..models import Invoice, Mandate, RecurringChange, Subscription
from ..states import EndReason, InvoiceState
from . import entitling, keeping, lives, store

_SETTLE = sql.Statement("""
UPDATE subscriptions_invoice i SET state = v.state, period_starts = v.period_starts,
    period_ends = v.period_ends, paid_at = v.paid_at, voided_at = v.voided_at
FROM json_to_recordset(%(rows)s::json) AS v (id uuid, kind text, state text, period_starts timestamptz,
    period_ends timestamptz, paid_at timestamptz, voided_at timestamptz)
WHERE i.id = v.id AND v.kind = 'invoice'
""")


@dataclass(slots=True)
class Batch:
    """One transaction's work. Add to it in any order; `write` once."""

    actor: Actor = SYSTEM
    began: datetime = field(default_factory=clock.now)
    subscriptions: dict[UUID, Subscription] = field(default_factory=dict)
    invoices: list[Invoice] = field(default_factory=list)  # new ones
    orders: list[Order] = field(default_factory=list)
    payments: list[Payment] = field(default_factory=list)
    settled: list[Invoice] = field(default_factory=list)  # paid or void now
    openings: list[entitling.Opening] = field(default_factory=list)
    cuts: list[tuple[UUID, datetime]] = field(default_factory=list)  # invoices whose grant ends earlier
    grants: list[entitling.Granting] = field(default_factory=list)
    graces: list[tuple[UUID, datetime | None]] = field(default_factory=list)
    sizes: list[tuple[UUID, int]] = field(default_factory=list)
    ended: dict[UUID, datetime] = field(default_factory=dict)  # subscriptions that are over now
    told: list[outbox.Event] = field(default_factory=list)
    rows: list[audit.Row] = field(default_factory=list)
    _recurring: dict[UUID, datetime] = field(default_factory=dict)

    def keep(self, subscription: Subscription) -> None:
        """Write this subscription back."""
        self.subscriptions[subscription.pk] = subscription

    def tell(self, topic: str, subscription: Subscription, *, reason: str = "", **facts: Any) -> None:
        """Tell of something that happened to a subscription, and write it down."""
        said = {**facts_of(subscription), **({"reason": reason} if reason else {}), **facts}
        self.told.append(
            events.of_subscription(
                topic, subscription.pk, subscription.merchant_id, subscription.book, **said
            )
        )
        self.rows.append(
            audit.Row(
                self.actor,
                topic,
                ("subscription", subscription.pk),
                merchant_id=subscription.merchant_id,
                reason=reason,
                facts=said,
            )
        )

    def tell_of(self, topic: str, invoice: Invoice) -> None:
        """Tell of an invoice."""
        self.told.append(
            events.of_subscription(
                topic,
                invoice.subscription_id,
                invoice.merchant_id,
                invoice.book,
                invoice=invoice.key,
                kind=invoice.kind,
                period=invoice.period,
                amount=invoice.total,
                currency=invoice.currency,
                order=ids.encode("ord", invoice.order_id) if invoice.order_id else None,
            )
        )

    def add(self, invoice: Invoice) -> None:
        """A new invoice. Its part of the balance is taken now."""
        self.invoices.append(invoice)
        invoice.subscription.balance -= invoice.balance_used
        self.keep(invoice.subscription)
        self.tell_of(events.INVOICE_CREATED, invoice)

    def settle(self, invoice: Invoice, state: InvoiceState, at: datetime) -> None:
        """An open invoice is paid, or void; what a void one had of the balance goes back."""
        invoice.state = state
        if state is InvoiceState.PAID:
            invoice.paid_at = at
        else:
            invoice.voided_at = at
            invoice.subscription.balance += invoice.balance_used
            self.keep(invoice.subscription)
        self.settled.append(invoice)
        self.tell_of(events.INVOICE_PAID if state is InvoiceState.PAID else events.INVOICE_VOID, invoice)

    def grant(self, invoice: Invoice) -> None:
        """Grant the period that an invoice is for; the first one opens the entitlement."""
        subscription = invoice.subscription
        if invoice.period_starts is None:
            raise ValueError("This invoice grants nothing.")
        if subscription.entitlement_id is None:
            opening = entitling.opening_of(subscription, invoice.period_starts)
            subscription.entitlement_id = opening.id
            self.openings.append(opening)
        at = self.began + subscription.merchant.clock_ahead
        self.grants.append(entitling.of_invoice(subscription.entitlement_id, invoice, at))

    def revalue(self, subscription: Subscription, at: datetime) -> None:
        """What the subscription is worth a month may have changed."""
        self._recurring[subscription.pk] = at
        self.keep(subscription)

    def end(self, subscription: Subscription, reason: EndReason, at: datetime) -> None:
        """The subscription is over; what was granted runs out, and its method is forgotten."""
        lives.end(subscription, reason, at)
        if subscription.entitlement_id is not None:
            # Nothing is awaited any more, so nobody has grace to pay it in.
            self.graces.append((subscription.entitlement_id, None))
        self.revalue(subscription, at)
        self.ended[subscription.pk] = at
        self.tell(events.ENDED, subscription, reason=reason)

    def end_mandates(
        self,
        subscription: Subscription,
        at: datetime,
        *,
        by: str,
        reason: str,
        but: UUID | None = None,
        only: UUID | None = None,
    ) -> list[Mandate]:
        """End permissions of a locked subscription at once, `only` one or all `but` one, and tell of each."""
        ended = keeping.end_rows([subscription.pk], at, by=by, reason=reason, but=but, only=only)
        for each in ended:
            facts = {"mandate": each.key, "method": each.method}
            self.tell(events.MANDATE_ENDED, subscription, reason=reason, **facts)
        return ended

    def cut_short(self, subscription: Subscription, at: datetime) -> None:
        """What was granted ends now."""
        left = EntitlementGrant.objects.filter(
            entitlement__subscription_id=subscription.pk, revoked_at__isnull=True, ends_at__gt=at
        )
        names = left.values_list("invoice_id", flat=True)
        self.cuts += [(invoice_id, at) for invoice_id in names if invoice_id is not None]

    def write(self) -> None:
        """Write it all. The database has the last word on each."""
        revenue = self._revenue()
        period_orders.place(self.orders, self.payments)
        store.save(sorted(self.subscriptions.values(), key=lambda each: each.pk))
        _insert(self.invoices)
        if self.settled:
            _SETTLE.run({"rows": orjson.dumps([_settled(each) for each in self.settled]).decode()})
        for key, at in self.ended.items():
            self.end_mandates(self.subscriptions[key], at, by="system", reason=keeping.OVER)
        entitling.write(self.openings, self.cuts, self.grants, self.graces, self.sizes)
        if revenue:
            RecurringChange.objects.bulk_create(revenue)
        audit.record_many(self.rows)
        outbox.emit(self.told)

    def _revenue(self) -> list[RecurringChange]:
        moved = []
        for key, at in self._recurring.items():
            subscription = self.subscriptions[key]
            before, after = subscription.recurring, lives.monthly(subscription)
            if before != after:
                subscription.recurring = after
                moved.append((subscription, before, after, at))
        had = _had_before([row[0].pk for row in moved if not row[1]])
        return [_change(*row, had_before=row[0].pk in had) for row in moved]


def planned(subscription: Subscription) -> dict[str, Any]:
    """What an event says of the change that waits for the next period."""
    version = subscription.next_version_id
    return {
        "next_plan_version": ids.encode("plv", version) if version else None,
        "next_quantity": subscription.next_quantity,
        "next_amount": lives.next_price(subscription),
    }


def facts_of(subscription: Subscription) -> dict[str, Any]:
    """What every event of a subscription says."""
    ends = subscription.period_ends
    return {
        "state": str(subscription.state),
        "product": ids.encode("prd", subscription.product_id),
        "plan_version": ids.encode("plv", subscription.version_id),
        "quantity": subscription.quantity,
        "amount": subscription.price.amount,
        "currency": subscription.currency,
        "period_ends": ends.isoformat() if ends else None,
    }


def _had_before(subscription_ids: Iterable[UUID]) -> set[UUID]:
    wanted = list(subscription_ids)
    if not wanted:
        return set()
    rows = RecurringChange.objects.filter(subscription_id__in=wanted)
    return set(rows.values_list("subscription_id", flat=True))


def _change(
    subscription: Subscription, before: Decimal, after: Decimal, at: datetime, *, had_before: bool
) -> RecurringChange:
    kind = recurring.kind(before, after, had_before=had_before)
    if kind is None:
        raise ValueError("Nothing has moved.")
    return RecurringChange(
        subscription=subscription,
        merchant_id=subscription.merchant_id,
        book=subscription.book,
        currency=subscription.currency,
        at=at,
        kind=kind,
        before=before,
        after=after,
    )


def _insert(invoices: list[Invoice]) -> None:
    """New invoices start open; those that are paid at once are settled by the next statement."""
    paid = [(invoice, invoice.state, invoice.paid_at) for invoice in invoices]
    for invoice in invoices:
        invoice.state, invoice.paid_at = InvoiceState.OPEN, None
    Invoice.objects.bulk_create(invoices)
    for invoice, state, paid_at in paid:
        invoice.state, invoice.paid_at = state, paid_at


def _settled(invoice: Invoice) -> dict[str, Any]:
    return {
        "id": invoice.pk,
        "kind": "invoice",
        "state": invoice.state,
        "period_starts": invoice.period_starts,
        "period_ends": invoice.period_ends,
        "paid_at": invoice.paid_at,
        "voided_at": invoice.voided_at,
    }
