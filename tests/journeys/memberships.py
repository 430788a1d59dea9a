"""Memberships as a state machine over the real services: buyers, a card house, workers, sudden death.

What the machine knows by itself is the house: what was charged and given back, under which number. At the end
of every history all is told and asked, everybody leaves, and the two sides must agree to the cent.
"""

from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import rule

from kernel.actors import BUYER, SYSTEM, Actor
from kernel.money import Money
from merchants.models import Entitlement, Plan, PlanVersion
from merchants.services import entitlement_checks, plans
from payments.models import Payment
from payments.services import attempts, expiry, queries, refunds
from payments.subscriptions import queries as members_queries
from payments.subscriptions.models import Mandate, PriceChange
from payments.subscriptions.services import (
    cancellations,
    cards,
    changes,
    extensions,
    mandates,
    pauses,
    price_changes,
    starts,
    tries,
)
from tests.factories import payments as make
from tests.factories import subscriptions as members
from tests.journeys.club import PLANS, TRIAL
from tests.journeys.perils import Perils, picks
from tests.journeys.wallet import Mood

which = st.integers(0, len(PLANS) - 1)
quantities = st.integers(1, 3)
moods = st.sampled_from([Mood.WELL, Mood.WELL, Mood.WELL, Mood.MUTE, Mood.DEAF])
plights = st.sampled_from(["", "", "insufficient_funds", "lost_card", "authentication_required"])
codes = st.sampled_from([(), (), ("WELCOME",), ("OURS",)])


class Memberships(Perils):
    """What may happen, in any order."""

    # Beginnings

    @rule(plan=which, quantity=quantities, keeps=st.booleans(), codes=codes, paid=st.sampled_from("ttan"))
    def subscribe(self, plan: int, quantity: int, keeps: bool, codes: tuple[str, ...], paid: str) -> None:
        """Paid and told, paid and asked about, or not."""

        def begin() -> None:
            order = members.found(self.ordered(plan=plan, quantity=quantity, keeps=keeps, codes=codes))
            payment = make.payment_of(order)
            if paid != "n":
                self.buyer_pays(payment, told=paid == "t")
                queries.ask(payment.pk)

        self.done(begin)
        self.look()

    @rule(shows=st.booleans(), quantity=quantities)
    def try_it_out(self, shows: bool, quantity: int) -> None:
        wish = members.wish(self.shop, self.plans[TRIAL])
        started = starts.trial(members.basket(self.shop, plan=wish, quantity=quantity))
        for mandate in Mandate.objects.filter(subscription_id=started.subscription_id):
            if shows and self.house.show_card(mandate.key):
                mandates.ask(mandate.pk)
        self.look()

    # Time

    @rule(hours=st.sampled_from([1, 25, 73, 24 * 8, 24 * 20, 24 * 31, 24 * 366, 24 * 800]))
    def time_passes(self, hours: int) -> None:
        self.advance(hours=hours)
        self.look()

    @rule(pick=picks, plight=plights, mood=moods, lasts=st.integers(1, 4))
    def a_period_ends(self, pick: int, plight: str, mood: Mood, lasts: int) -> None:
        """With its notice on the way; the bank takes the charge as it likes."""
        for subscription in self.one_of(pick, "trialing", "active"):
            self.to_notice(subscription)
            self.house.plight = plight
            self.house.be(mood, lasts)
            self.to_due(subscription)
        self.look()
        self.house.be(Mood.WELL, 0)

    @rule(pick=picks, plight=plights, mood=moods, lasts=st.integers(1, 4))
    def a_try_comes(self, pick: int, plight: str, mood: Mood, lasts: int) -> None:
        self.house.plight = plight
        self.house.be(mood, lasts)
        for subscription in self.one_of(pick, "past_due"):
            self.to_due(subscription)
        self.look()
        self.house.be(Mood.WELL, 0)

    @rule(minutes=st.integers(3, 40))
    def the_bank_is_asked(self, minutes: int) -> None:
        self.advance(minutes=minutes)
        self.ask_all()
        self.look()

    # What buyers and merchants do

    @rule(pick=picks, plan=which, quantity=quantities, mood=moods, plight=plights)
    def change_now(self, pick: int, plan: int, quantity: int, mood: Mood, plight: str) -> None:
        for subscription in self.one_of(pick, "trialing", "active"):
            version = self.plans[plan].version_id

            def change() -> None:
                shown = changes.preview(subscription, version_id=version, quantity=quantity)  # noqa: B023
                self.house.plight = plight
                self.house.be(mood, 1)
                changes.now(
                    subscription,  # noqa: B023 (run at once)
                    version_id=version,  # noqa: B023
                    quantity=quantity,
                    agreed=shown.due,
                    at=shown.at,
                    consents=True,
                    actor=BUYER,
                )

            self.done(change)
        self.house.be(Mood.WELL, 0)
        self.look()

    @rule(pick=picks, plan=which, quantity=quantities, undone=st.booleans())
    def change_at_end(self, pick: int, plan: int, quantity: int, undone: bool) -> None:
        wanted = {"version_id": self.plans[plan].version_id, "quantity": quantity, "consents": True}
        for each in self.one_of(pick):
            self.done(lambda: changes.at_end(each, **wanted, actor=BUYER))  # noqa: B023
            if undone:
                self.done(lambda: changes.undo(each, actor=BUYER))  # noqa: B023
        self.look()

    @rule(pick=picks, days=st.sampled_from([0, 0, 40, 500]))
    def pause(self, pick: int, days: int) -> None:
        until = self.now() + timedelta(days=days) if days else None
        for each in self.one_of(pick):
            if self.done(lambda: pauses.at_end(each, actor=BUYER, resume_at=until)):  # noqa: B023
                self.resting.pop(each.pk, None)
                if not days:
                    self.resting[each.pk] = self.renewals_of(each.pk)
        self.look()

    @rule(pick=picks, plight=plights)
    def resume(self, pick: int, plight: str) -> None:
        self.house.plight = plight
        for each in self.one_of(pick, "paused") or self.one_of(pick):
            self.resting.pop(each.pk, None)
            self.done(lambda: pauses.resume(each, actor=BUYER))  # noqa: B023
        self.look()

    @rule(pick=picks, undone=st.booleans())
    def cancel(self, pick: int, undone: bool) -> None:
        for each in self.one_of(pick):
            if self.done(lambda: cancellations.at_end(each, actor=BUYER)):  # noqa: B023
                self.resting.pop(each.pk, None)
                self.leaving[each.pk] = self.renewals_of(each.pk)
            if undone and self.done(lambda: cancellations.undo(each, actor=BUYER)):  # noqa: B023
                self.leaving.pop(each.pk, None)
        self.look()

    @rule(pick=picks, hours=st.sampled_from([0, 24 * 4]), by=st.sampled_from([BUYER, SYSTEM]))
    def cancel_now(self, pick: int, hours: int, by: Actor) -> None:
        for each in self.one_of(pick):
            if hours:
                self.advance(hours=hours)
            if self.done(lambda: cancellations.now(each, actor=by)):  # noqa: B023
                had = Entitlement.objects.filter(subscription_id=each.pk).values_list("key", flat=True)
                states = {entitlement_checks.by_key(each.merchant_id, key).state for key in had}
                assert states <= {"off"}, "Who left at once is a member still."
        self.look()

    @rule(pick=picks, days=st.integers(1, 40))
    def give_days(self, pick: int, days: int) -> None:
        for each in self.one_of(pick):
            self.done(lambda: extensions.give(each, days, actor=SYSTEM, reason="an outage"))  # noqa: B023
        self.look()

    @rule(pick=picks, plight=plights, mood=moods)
    def try_by_hand(self, pick: int, plight: str, mood: Mood) -> None:
        for each in self.one_of(pick, "past_due"):
            before = self.fresh(each)
            self.house.plight = plight
            self.house.be(mood, 1)
            self.done(lambda: tries.by_hand(each, actor=BUYER))  # noqa: B023
            after = self.fresh(each)
            if after.state == "past_due":
                assert (after.tries, after.due_at) == (before.tries, before.due_at), "The schedule moved."
        self.house.be(Mood.WELL, 0)
        self.look()

    @rule(pick=picks, told=st.booleans())
    def pay_the_link(self, pick: int, told: bool) -> None:
        owing = [each for each in self.subscriptions() if members_queries.open_invoice(each)]
        for each in owing[pick % len(owing) :][:1] if owing else ():
            invoice = members_queries.open_invoice(each)
            if invoice is not None and invoice.order is not None:
                order = invoice.order
                self.done(lambda: attempts.open(order, members.CARD))  # noqa: B023
                pages = Payment.objects.filter(order=order, mandate_id__isnull=True).order_by("-ordinal")
                # Who has paid on one page does not pay on the next, whether Keyway knows of it or not.
                if not any(self.house.paid(page.reference) for page in pages):
                    for payment in pages[:1]:
                        self.buyer_pays(payment, told=told)
        self.look()

    @rule(pick=picks, shows=st.booleans())
    def another_card(self, pick: int, shows: bool) -> None:
        for each in self.one_of(pick):
            self.done(lambda: cards.change(each, method=members.CARD, consents=True, actor=BUYER))  # noqa: B023
            for mandate in each.mandates.filter(state="offered"):
                if shows and self.house.show_card(mandate.key):
                    mandates.ask(mandate.pk)
        self.look()

    @rule(pick=picks, plan=which)
    def another_card_before_a_dearer_period(self, pick: int, plan: int) -> None:
        """Agreed to for what it costs now; what is planned may be more than such a card can be charged."""
        wanted = {"version_id": self.plans[plan].version_id, "quantity": 10, "consents": True}
        for each in self.one_of(pick, "active"):
            self.done(lambda: changes.at_end(each, **wanted, actor=BUYER))  # noqa: B023 (run at once)
            self.done(lambda: cards.change(each, method=members.CARD, consents=True, actor=BUYER))  # noqa: B023
            for mandate in each.mandates.filter(state="offered"):
                if self.house.show_card(mandate.key):
                    mandates.ask(mandate.pk)
            self.to_notice(each)
            self.to_due(each)
        self.look()

    @rule(pick=picks, at_the_bank=st.booleans())
    def end_the_permission(self, pick: int, at_the_bank: bool) -> None:
        found = Mandate.objects.filter(merchant=self.shop.merchant, state="active").order_by("pk")
        for mandate in list(found)[pick % max(1, len(found)) :][:1]:
            if at_the_bank:
                self.house.forgotten.add(mandate.handle.partition(":")[2])
            else:
                mandates.end(mandate, actor=BUYER)
        self.look()

    @rule(pick=picks, percent=st.sampled_from([1, 30, 100, 100]), mood=moods)
    def refund(self, pick: int, percent: int, mood: Mood) -> None:
        self.one_of(pick)
        paid = [payment for payment in self.payments() if payment.use == "applied"]
        for payment in paid[pick % len(paid) :][:1] if paid else ():
            amount = Money(max(1, payment.amount * percent // 100), "USD")
            self.house.be(mood, 1)
            self.done(
                lambda: refunds.book(payment=payment, amount=amount, reason="asked", actor=SYSTEM)  # noqa: B023
            )
            self.house.be(Mood.WELL, 0)
            self.send_refunds()
        self.look()

    @rule(pick=picks)
    def call_an_order_off(self, pick: int) -> None:
        waiting = [payment.order for payment in self.open_payments()]
        for order in waiting[pick % len(waiting) :][:1] if waiting else ():
            self.done(lambda: expiry.cancel(order, actor=SYSTEM))  # noqa: B023
        self.look()

    @rule(plan=which, percent=st.sampled_from([80, 100, 150]), answers=st.sampled_from("ydn"))
    def offer_another_price(self, plan: int, percent: int, answers: str) -> None:
        """A new version; some say yes, some no, and some nothing."""
        of_plan = Plan.objects.get(pk=self.plans[plan].plan_id)
        old = PlanVersion.objects.get(pk=self.plans[plan].version_id)
        terms = plans.Terms.of(old)
        price = max(100, terms.prices["USD"] * percent // 100)
        values = {name: getattr(terms, name) for name in ("unit", "count", "trial_days", "max_quantity")}
        plans.draft_version(of_plan, plans.Terms(**values, prices={"USD": price}), actor=SYSTEM)
        made = plans.publish(of_plan, actor=SYSTEM)
        self.plans[plan] = plans.version(made.pk)
        price_changes.offer(made.pk, actor=SYSTEM)
        answer = {"y": price_changes.accept, "d": price_changes.decline}.get(answers)
        offered = PriceChange.objects.filter(subscription__merchant=self.shop.merchant, state="offered")
        for change in offered.order_by("pk") if answer else ():
            self.done(lambda: answer(change, actor=BUYER))  # noqa: B023
        self.look()
