"""Where the machine of memberships stands: one twin's club, what is seen of it, and what is done there."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import initialize

from kernel import clock
from kernel.actors import SYSTEM
from kernel.books import Book
from kernel.errors import Problem
from kernel.intervals import Unit
from merchants.models import Merchant
from merchants.services import merchants
from merchants.states import Carrier, CouponKind
from payments.models import Payment, Refund
from payments.services import checkout, expiry, queries, refunds
from payments.states import OPEN_ATTEMPTS, OPEN_REFUNDS
from payments.subscriptions.models import Subscription
from payments.subscriptions.services import policies, price_changes, renewals, sweeps
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

FURTHEST = timedelta(days=19 * 366)  # short of where the twin's clock ends, so that all can come to rest
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
RUNNING = (*_ON, "past_due", "paused")


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
        found = self.subscriptions(*(states or RUNNING))
        if not found and set(states or RUNNING) & set(_ON):
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

    def fresh(self, subscription: Subscription) -> Subscription:
        return members.again(subscription)

    def to_notice(self, subscription: Subscription) -> None:
        """To where its buyer is to be told, where that is still to come; and they are told."""
        known = self.fresh(subscription)
        if known.due_at is not None and known.period_ends is not None and known.due_at < known.period_ends:
            self.to_due(known)
            self.work()

    def to_due(self, subscription: Subscription) -> None:
        """To a minute after something is to be done for it."""
        due = self.fresh(subscription).due_at
        if due is not None and due > self.now():
            self.advance(seconds=(due - self.now()).total_seconds() + 60)

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
