"""Whole lives: anything happens to subscriptions in any order, and the books hold all the while."""

import random
from contextlib import suppress

import pytest

from kernel.actors import BUYER, SYSTEM
from kernel.errors import Problem
from kernel.intervals import Unit
from ledger import auditor
from merchants.models import EntitlementGrant
from payments.models import Payment
from payments.services import expiry
from payments.subscriptions import queries
from payments.subscriptions.invariants import INVARIANTS
from payments.subscriptions.models import Invoice, Mandate
from payments.subscriptions.services import (
    cancellations,
    changes,
    extensions,
    mandates,
    pauses,
    renewals,
    sweeps,
    tries,
)
from tests.factories import cards
from tests.factories import payments as make
from tests.factories import subscriptions as members

pytestmark = pytest.mark.django_db

PLIGHTS = ["", "", "", "insufficient_funds", "lost_card", "authentication_required"]
STEPS = 40


class Life:
    """A subscription to which things happen."""

    def __init__(self, club, bank, seed):
        self.club, self.bank, self.random = club, bank, random.Random(seed)
        self.versions = [members.first_plan(club), members.plan(club, price=2_500, unit=Unit.QUARTER)]
        self.begin()

    def begin(self):
        self.subscription = members.started(self.club, quantity=self.random.randint(1, 3))

    def time_goes_by(self):
        days = self.random.choice([1, 3, 8, 20, 27, 31, 400])
        members.advance(self.subscription, days=days)

    def bank_changes_its_mind(self):
        self.bank.plight = self.random.choice(PLIGHTS)

    def answers_get_lost(self):
        renewals.run(20)

    def changes_now(self):
        version, quantity = self.random.choice(self.versions), self.random.randint(1, 4)
        shown = changes.preview(self.fresh, version_id=version.version_id, quantity=quantity)
        changes.now(
            self.fresh, version_id=version.version_id, quantity=quantity, agreed=shown.due, at=shown.at,
            consents=True, actor=BUYER,
        )  # fmt: skip

    def changes_at_end(self):
        version = self.random.choice(self.versions)
        changes.at_end(self.fresh, version_id=version.version_id, quantity=2, actor=BUYER)

    def pauses(self):
        pauses.at_end(self.fresh, actor=BUYER)

    def resumes(self):
        pauses.resume(self.fresh, actor=BUYER)

    def cancels(self):
        cancellations.at_end(self.fresh, actor=BUYER)

    def thinks_better_of_it(self):
        cancellations.undo(self.fresh, actor=BUYER)

    def is_given_days(self):
        extensions.give(self.fresh, self.random.randint(1, 40), actor=SYSTEM, reason="an outage")

    def is_tried_by_hand(self):
        tries.by_hand(self.fresh, actor=BUYER)

    def shows_a_card(self):
        for mandate in Mandate.objects.filter(subscription=self.subscription).exclude(state="ended"):
            mandates.activate(mandate.pk, members.said())

    def pays_the_link(self):
        invoice = queries.open_invoice(self.fresh)
        if invoice and invoice.order:
            cards.tell(self.club, cards.completed(make.payment_of(members.opened(invoice.order))))

    def gets_all_back(self):
        paid = Payment.objects.filter(order__subscription_id=self.subscription.pk, use="applied", refunded=0)
        refund = cards.refund(paid.latest("id"))
        cards.tell(self.club, cards.refund_event(refund, "succeeded"))

    @property
    def fresh(self):
        return members.again(self.subscription)

    def step(self):
        deeds = [
            *[self.time_goes_by] * 12, self.bank_changes_its_mind, self.answers_get_lost, self.changes_now,
            self.changes_at_end, self.pauses, self.resumes, self.cancels, self.thinks_better_of_it,
            self.is_given_days, self.is_tried_by_hand, self.shows_a_card, self.pays_the_link,
        ]  # fmt: skip
        if self.random.random() < 0.03:
            deeds = [self.gets_all_back]
        # What is refused has changed nothing, which the books tell.
        with suppress(Problem):
            self.random.choice(deeds)()
        renewals.run(20)
        renewals.run(20)
        expiry.sweep(20)
        sweeps.close_orders(20)
        if self.fresh.state == "ended":
            self.bank.plight = ""
            self.begin()


@pytest.mark.parametrize("seed", range(6))
def test_the_books_hold_whatever_happens_in_whatever_order(seed, club, bank):
    life = Life(club, bank, seed)
    for _ in range(STEPS):
        life.step()
        assert [each.code for each in INVARIANTS if not auditor.check(each).holds] == []
    by_mandate = Payment.objects.filter(mandate_id__isnull=False, state="succeeded")
    assert sorted(bank.charged) == sorted(by_mandate.values_list("amount", flat=True))
    assert not Payment.objects.filter(use="surplus").exists()
    paid = Invoice.objects.filter(state="paid", period__isnull=False).count()
    assert EntitlementGrant.objects.exclude(kind="free").count() == paid
