"""What must hold of a club, after every step and when all has come to rest."""

from datetime import timedelta
from typing import Any

from django.db import connection
from django.db.models import Sum

from kernel.actors import SYSTEM
from ledger import balances
from merchants.membership_invariants import MEMBERSHIPS
from merchants.models import EntitlementGrant
from merchants.services import merchants
from outbox import relay
from payments.discount_invariants import DISCOUNTS
from payments.models import Order, Refund
from payments.postings import Books
from payments.states import OPEN_REFUNDS
from payments.subscriptions.invariants import INVARIANTS
from payments.subscriptions.models import Invoice, Mandate
from payments.subscriptions.services import cancellations
from payments.subscriptions.states import CancelNow
from tests.journeys.club import RUNNING, Club
from tests.journeys.wallet import Mood

AUDIT_EVERY = 8
OFTEN = [*INVARIANTS, *MEMBERSHIPS, *DISCOUNTS]


class Reckoning(Club):
    """What nobody may suffer, and what the house's books and the ledger must agree on."""

    def __init__(self) -> None:
        super().__init__()
        self.steps = 0
        # Renewals of those who have cancelled, or paused until they say otherwise, when they did.
        self.leaving: dict[Any, int] = {}
        self.resting: dict[Any, int] = {}

    def look(self) -> None:
        """After every step; the whole auditor after every few."""
        before = self.charges_of_hard()
        self.work()
        after = self.charges_of_hard()
        again = [key for key, count in before.items() if after.get(key, count) > count]
        assert not again and not self.house.insisted, (
            "A card was charged again that its bank refused for good."
        )
        self.steps += 1
        self.hold(OFTEN)
        self.nobody_paid_twice()
        self.nobody_was_wronged()
        if self.steps % AUDIT_EVERY == 0:
            self.audit()

    def nobody_paid_twice(self) -> None:
        """By the house's own books: no order is paid twice, and no card charged for another sum."""
        taken: dict[Any, int] = {}
        for payment in self.payments():
            taken[payment.order_id] = taken.get(payment.order_id, 0) + (
                self.house.paid(payment.reference) if payment.use != "surplus" else 0
            )
        orders = Order.objects.filter(merchant=self.shop.merchant).in_bulk()
        over = [orders[key].key for key, amount in taken.items() if amount > orders[key].total]
        assert not over, f"Somebody paid twice: {over}"

    def nobody_was_wronged(self) -> None:
        for wrong, query in WRONGS.items():
            with connection.cursor() as cursor:
                cursor.execute(query, {"merchant": self.shop.merchant.pk, "now": self.now()})
                found = cursor.fetchall()
            assert not found, f"{wrong} {found}"
        for key, renewed in (self.leaving | self.resting).items():
            assert self.renewals_of(key) == renewed, "Who had cancelled or paused was charged."

    def renewals_of(self, key: Any) -> int:
        return Invoice.objects.filter(subscription_id=key, kind="renewal", state="paid").count()

    def bring_to_rest(self) -> None:
        """Everybody answers, and everybody leaves."""
        self.house.plight = ""
        self.house.be(Mood.WELL, 0)
        self.ask_all()
        self.work()
        self.everybody_leaves()
        # Where there is no cover for what would go back, nobody ends: then they end without it.
        self.allow(CancelNow.WITHOUT_REFUND, self.retries)
        self.everybody_leaves()
        merchants.advance_clock(self.shop.merchant, timedelta(days=3), actor=SYSTEM)
        for _ in range(3):
            self.ask_all()
            self.work()
            self.send_refunds()
        relay.number(1000)

    def everybody_leaves(self) -> None:
        for subscription in self.subscriptions("incomplete", *RUNNING):
            self.done(lambda: cancellations.now(subscription, actor=SYSTEM))  # noqa: B023 (run at once)

    def compare(self) -> None:
        states = {each.state for each in self.subscriptions()}
        assert states <= {"ended"}, f"Somebody could not leave: {states}"
        self.nothing_is_open()
        self.charges_are_periods()
        self.money_is_the_houses()

    def nothing_is_open(self) -> None:
        owner = self.shop.merchant
        assert not self.open_payments()
        assert not Order.objects.filter(merchant=owner, payment_state__in=["pending", "processing"]).exists()
        assert not Refund.objects.filter(merchant_id=owner.pk, state__in=OPEN_REFUNDS).exists()
        assert not Invoice.objects.filter(subscription__merchant=owner, state="open").exists()
        assert not Mandate.objects.filter(merchant=owner).exclude(state="ended").exists()

    def charges_are_periods(self) -> None:
        """Paid invoices are what was charged, and periods that were granted; each once."""
        invoices = Invoice.objects.filter(subscription__merchant=self.shop.merchant, state="paid")
        charged = [payment for payment in self.payments() if payment.use == "applied"]
        asked = invoices.filter(total__gt=0).values_list("order_id", "total")
        assert sorted(asked) == sorted((payment.order_id, payment.amount) for payment in charged), (
            "What was charged is not what was asked for."
        )
        grants = EntitlementGrant.objects.filter(merchant=self.shop.merchant).exclude(kind="free")
        periods = invoices.filter(period__isnull=False)
        assert sorted(grants.values_list("invoice_id", flat=True)) == sorted(
            periods.values_list("pk", flat=True)
        ), "What was granted is not what was paid."
        with connection.cursor() as cursor:
            cursor.execute(_TWICE, [self.shop.merchant.pk])
            assert not cursor.fetchall(), "A period was charged twice."

    def money_is_the_houses(self) -> None:
        kept = fees = 0
        for payment in self.payments():
            taken = self.house.paid(payment.reference)
            came = payment.came.amount if payment.state == "succeeded" else 0
            assert taken == came - payment.refunded, payment.reference
            kept, fees = kept + taken, fees + payment.channel_fee
        given_back = Refund.objects.filter(merchant_id=self.shop.merchant.pk, state="succeeded")
        fees -= given_back.aggregate(total=Sum("channel_fee"))["total"] or 0
        at = self.now() + timedelta(days=400)
        books = Books(self.shop.merchant.pk, self.shop.account.pk, "USD", self.shop.merchant.book)
        assert balances.of(books.receivable, at=at).available.amount == kept - fees


WRONGS = {
    "Somebody paid for days on which nothing was served.": """
        SELECT i.id, i.due_at, i.paid_at, i.period_starts FROM subscriptions_invoice i
        WHERE i.merchant_id = %(merchant)s AND i.kind = 'renewal' AND i.state = 'paid'
            AND i.period_starts < i.paid_at - interval '3 days'
        """,
    "More was charged than was agreed to.": """
        SELECT p.id, p.amount, m.limit_amount FROM payments_payment p
            JOIN subscriptions_mandate m ON m.id = p.mandate_id
        WHERE p.merchant_id = %(merchant)s AND p.amount > m.limit_amount
        """,
    "What went back whole is still had.": """
        SELECT i.id, i.kind FROM subscriptions_invoice i JOIN payments_order o ON o.id = i.order_id
            JOIN merchants_entitlementgrant g ON g.invoice_id = i.id
        WHERE i.merchant_id = %(merchant)s AND o.payment_state = 'refunded' AND g.revoked_from IS NULL
            AND g.ends_at > %(now)s
        """,
    "What brings nothing counts as revenue.": """
        SELECT s.id, s.state, s.recurring FROM subscriptions_subscription s
        WHERE s.merchant_id = %(merchant)s AND s.state NOT IN ('active', 'past_due') AND s.recurring <> 0
        """,
}
_TWICE = """
SELECT i.subscription_id, i.period FROM subscriptions_invoice i
    JOIN payments_payment p ON p.order_id = i.order_id AND p.use = 'applied'
    JOIN subscriptions_subscription s ON s.id = i.subscription_id
WHERE s.merchant_id = %s AND i.period IS NOT NULL
GROUP BY i.subscription_id, i.period HAVING count(*) > 1
"""
