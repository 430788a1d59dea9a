"""Where the machine of memberships stands: one twin's club, what is seen of it, and what must hold there."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar

from django.db import connection
from django.db.models import Sum
from hypothesis import strategies as st
from hypothesis.stateful import initialize

from kernel import clock
from kernel.actors import SYSTEM
from kernel.books import Book
from kernel.errors import Problem
from kernel.intervals import Unit
from ledger import balances
from merchants.membership_invariants import MEMBERSHIPS
from merchants.models import EntitlementGrant, Merchant
from merchants.services import merchants
from merchants.states import Carrier, CouponKind
from outbox import relay
from payments.discount_invariants import DISCOUNTS
from payments.models import Order, Payment, Refund
from payments.postings import Books
from payments.services import checkout, expiry, queries, refunds
from payments.states import OPEN_ATTEMPTS, OPEN_REFUNDS
from payments.subscriptions.invariants import INVARIANTS
from payments.subscriptions.models import Invoice, Mandate, Subscription
from payments.subscriptions.services import cancellations, policies, price_changes, renewals, sweeps
from payments.subscriptions.states import CancelNow
from tests.factories import cards
from tests.factories import payments as make
from tests.factories import settlement as settled
from tests.factories import subscriptions as members
from tests.factories.coupons import CouponFactory, code_of
from tests.journeys.card_house import CardHouse
from tests.journeys.doomed import Doomed
from tests.journeys.history import History
from tests.journeys.wallet import Mood

AUDIT_EVERY = 8
FURTHEST = timedelta(days=19 * 366)  # short of where the twin's clock ends, so that all can come to rest
OFTEN = [*INVARIANTS, *MEMBERSHIPS, *DISCOUNTS]
COUPONS: dict[str, dict[str, Any]] = {
    "WELCOME": {"amount": 300, "currency": "USD", "most_uses": 2},
    "OURS": {
        "kind": CouponKind.PERCENTAGE,
        "amount": None,
        "percent": 20,
        "currency": "",
        "carrier": Carrier.PLATFORM,
    },
}
PLANS: tuple[dict[str, Any], ...] = (
    {"price": 1_000},
    {"price": 1_700},
    {"price": 2_500, "unit": Unit.QUARTER},
    {"price": 9_000, "unit": Unit.YEAR},
    {"price": 300, "unit": Unit.DAY, "count": 10},
    {"price": 1_200, "trial_days": 14},
)
TRIAL = len(PLANS) - 1
RETRIES = [(0, 2, 5, 9), (0, 1), (0,)]

_ON = ("trialing", "active")
_RUNNING = (*_ON, "past_due", "paused")


@dataclass(frozen=True)
class Around:
    """What all histories of one run share."""

    house: CardHouse
    doomed: Doomed


class Club(History):
    """One twin's memberships, in six plans; its clock is moved by the machine."""

    around: ClassVar[Around]

    def __init__(self) -> None:
        super().__init__()
        self.house, self.doomed = self.around.house, self.around.doomed
        self.steps = 0
        # Renewals of those who have cancelled, or paused until they say otherwise, when they did.
        self.leaving: dict[Any, int] = {}
        self.resting: dict[Any, int] = {}
        self.house.plight = ""
        self.house.insisted.clear()
        self.house.be(Mood.WELL, 0)

    @initialize(
        bears=st.booleans(), retries=st.sampled_from(RETRIES), cancel_now=st.sampled_from(list(CancelNow))
    )
    def open_the_club(self, bears: bool, retries: tuple[int, ...], cancel_now: CancelNow) -> None:
        twin = settled.merchant(Book.SANDBOX)
        make.shop(1, merchant=twin, merchant_bears_channel=bears)
        self.shop = members.membership(twin, gateway=self.house.url, **PLANS[0])
        self.plans = [members.first_plan(self.shop)]
        self.plans += [members.plan(self.shop, **terms) for terms in PLANS[1:]]
        for code, terms in COUPONS.items():
            code_of(CouponFactory.create(merchant=twin, **terms), code)
        self.allow(cancel_now, retries)

    def allow(self, cancel_now: CancelNow, retries: Sequence[int]) -> None:
        """The merchant's rules of billing."""
        self.retries = retries
        policies.change(
            self.shop.merchant.pk,
            retry_days=retries,
            grace_days=3,
            notice_days=None,
            may_pause=True,
            may_change=True,
            cancel_now=cancel_now,
            actor=SYSTEM,
        )

    # What the machine sees. No rule has a precondition: where nothing is there yet, it is made.

    def subscriptions(self, *states: str) -> list[Subscription]:
        found = Subscription.objects.filter(
            merchant=self.shop.merchant, **{"state__in": states} if states else {}
        )
        return list(found.select_related("merchant").order_by("pk"))

    def one_of(self, pick: int, *states: str) -> list[Subscription]:
        """One in these states; in one that runs, unless they are named; after a beginning, if need be."""
        found = self.subscriptions(*(states or _RUNNING))
        if not found and set(states or _RUNNING) & set(_ON):
            found = [self.begun()]
        return [found[pick % len(found)]] if found else []

    def payments(self) -> list[Payment]:
        found = Payment.objects.filter(merchant=self.shop.merchant).select_related("order", "order__merchant")
        return list(found.order_by("pk"))

    def open_payments(self) -> list[Payment]:
        return [payment for payment in self.payments() if payment.state in OPEN_ATTEMPTS]

    def now(self) -> datetime:
        return clock.now(Merchant.objects.get(pk=self.shop.merchant.pk))

    def charges_of_hard(self) -> dict[Any, int]:
        """How many charges each of those has had whose bank wants no more without the buyer."""
        hard = [each.pk for each in self.subscriptions("past_due") if each.hard]
        rows = Payment.objects.filter(mandate_id__isnull=False, order__subscription_id__in=hard)
        counts = dict.fromkeys(hard, 0)
        for key in rows.values_list("order__subscription_id", flat=True):
            counts[key] += 1
        return counts

    # What the machine does

    def begun(self, **changes: Any) -> Subscription:
        """A subscription whose first period is paid and whose card is kept."""
        self.house.be(Mood.WELL, 0)
        order = members.found(self.ordered(**changes))
        self.buyer_pays(make.payment_of(order), told=True)
        sweeps.ask_mandates(20)
        return members.of(order)

    def ordered(self, *, plan: int = 0, keeps: bool = True, **changes: Any) -> Any:
        wish = members.wish(self.shop, self.plans[plan], consents=keeps)
        return checkout.buy(members.basket(self.shop, plan=wish, **changes))

    def buyer_pays(self, payment: Payment, *, told: bool) -> None:
        intent = self.house.pay(payment)
        if intent and told:
            said = cards.completed(payment, payment_intent=intent)
            assert cards.tell(self.shop, said).status == 200

    def advance(self, **time: float) -> None:
        """Let time pass; in a history of decades the clock stands still in the end, as it goes no further."""
        step = timedelta(**time)
        if self.now() - clock.now() + step <= FURTHEST:
            merchants.advance_clock(self.shop.merchant, step, actor=SYSTEM)

    def work(self) -> None:
        """What beat has workers do, every minute."""
        for _ in range(2):
            renewals.run(500)
        for payment_id in queries.claim_due(100):
            queries.ask(payment_id)
        expiry.sweep(100)
        sweeps.close_orders(100)
        sweeps.give_back(100)
        sweeps.ask_mandates(100)
        price_changes.lapse(100)

    def ask_all(self) -> None:
        for payment in self.open_payments():
            queries.ask(payment.pk)

    def send_refunds(self) -> None:
        found = Refund.objects.filter(merchant_id=self.shop.merchant.pk, state__in=OPEN_REFUNDS)
        for refund_id in found.order_by("pk").values_list("pk", flat=True):
            refunds.ask_by_id(refund_id)

    def done(self, deed: Callable[[], object]) -> bool:
        """Do what may be refused: then nothing is changed, which the books tell. Whether it was done."""
        try:
            deed()
        except Problem as problem:
            assert problem.status < 500, problem
            return False
        return True

    # What must hold

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
        for subscription in self.subscriptions("incomplete", *_RUNNING):
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
