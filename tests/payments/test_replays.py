"""A kept notice is judged again: what fits by now counts once, what does not changes nothing."""

import pytest

from audit.models import AuditRow
from kernel.actors import Actor, ActorKind
from kernel.ids import new
from payments.errors import NotReplayable
from payments.models import Notice, Payment
from payments.services import replays
from payments.states import PaymentState
from tests.factories import payments as make

pytestmark = pytest.mark.django_db
ME = Actor(ActorKind.OPERATOR, new())


def waiting(shop: make.Shop) -> Notice:
    """A notice that was kept and could not be applied when it came."""
    return make.kept(make.payment_of(make.place(shop)))


def test_one_that_fits_by_now_pays_its_order(shop):
    notice = waiting(shop)
    judged = replays.judge(notice, actor=ME, reason="the database was away")
    assert judged.state == "applied"
    assert make.found_again(notice.payment).payment_state == PaymentState.PAID


def test_it_is_written_down_with_its_reason(shop):
    replays.judge(waiting(shop), actor=ME, reason="the database was away")
    assert AuditRow.objects.get(action="notice.replayed").reason == "the database was away"


def test_it_never_counts_twice(shop):
    notice = waiting(shop)
    replays.judge(notice, actor=ME, reason="once")
    with pytest.raises(NotReplayable):
        replays.judge(notice, actor=ME, reason="twice")


def test_one_that_was_refused_for_another_number_stays_refused(shop):
    payment = make.payment_of(make.paid(shop))
    notice = make.kept(payment, channel_txn="2026112222999", state="refused", reason="other_txn")
    before = Payment.objects.filter(pk=payment.pk).values().get()
    assert replays.judge(notice, actor=ME, reason="look again").state == "refused"
    assert Payment.objects.filter(pk=payment.pk).values().get() == before


def test_one_about_another_payment_is_not_judged_again(shop):
    notice = waiting(shop)
    Notice.objects.filter(pk=notice.pk).update(state="refused", reason="other_reference")
    with pytest.raises(NotReplayable):
        replays.judge(notice, actor=ME, reason="look again")
