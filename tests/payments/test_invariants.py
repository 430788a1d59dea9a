"""The auditor of the sale sees what guards would have refused: each invariant is broken once, guards off."""

from collections.abc import Callable

import pytest
from django.db import connection

from payments.invariants import INVARIANTS
from payments.models import Order, Payment
from payments.services import attempts, notices, refunds
from tests.factories import cards
from tests.factories import payments as make
from tests.factories.coupons import CouponFactory, code_of
from tests.payments.test_refunds import book, done

pytestmark = pytest.mark.django_db

BREAKS = {
    "payments.applied_once": "UPDATE payments_payment SET use = 'surplus' WHERE use = 'applied'",
    "payments.txn_once": """DROP INDEX payment_txn_once;
        UPDATE payments_payment SET channel_txn = 'same' WHERE state = 'succeeded'""",
    "payments.agrees": "UPDATE payments_payment SET amount = amount + 1",
    "payments.total": """ALTER TABLE payments_order DROP CONSTRAINT order_total;
        UPDATE payments_order SET quantity = quantity + 1""",
    "payments.success_whole": """ALTER TABLE payments_payment DROP CONSTRAINT payment_success_is_whole;
        UPDATE payments_payment SET use = '' WHERE use = 'applied'""",
    "payments.refunds_within": "UPDATE payments_payment SET refunded = 1 WHERE use = 'applied'",
    "payments.fees_mirrored": "UPDATE payments_payment SET platform_fee_returned = 1 WHERE use = 'applied'",
    "payments.refund_state": """UPDATE payments_order SET payment_state = 'refunded'
        WHERE payment_state = 'paid'""",
    "payments.surplus_returns": "DELETE FROM payments_refund",
    "payments.unknown_told": """UPDATE payments_payment SET state = 'unknown',
        created_at = now() - interval '3 days' WHERE state = 'pending'""",
    "payments.notice_true": "UPDATE payments_notice SET channel_txn = 'another'",
    "payments.success_proved": "DELETE FROM payments_notice",
    "payments.goods_for_money": """ALTER TABLE payments_order DROP CONSTRAINT order_goods_for_money;
        UPDATE payments_order SET fulfilment = 'queued' WHERE payment_state = 'pending'""",
    "payments.delivered_whole": """UPDATE merchants_stockitem SET state = 'available', order_id = NULL,
        ordinal = NULL, delivered_at = NULL WHERE state = 'delivered'""",
    "payments.keys_owned": """UPDATE merchants_stockitem SET order_id = gen_random_uuid()
        WHERE state = 'delivered'""",
    "payments.keys_waited_for": """UPDATE merchants_stockitem SET state = 'available', order_id = NULL,
        ordinal = NULL, reserved_until = NULL WHERE state = 'reserved'""",
    "payments.expires": """UPDATE payments_order SET expires_at = now() - interval '1 hour';
        UPDATE payments_payment SET next_query_at = now() - interval '1 hour' WHERE state = 'pending'""",
    "payments.processing_has_reason": """UPDATE payments_order SET payment_state = 'processing'
        WHERE payment_state = 'pending'""",
    "payments.other_amount_goes_back": """UPDATE payments_payment SET received = amount + 1
        WHERE use = 'surplus'""",
    "payments.posted": """UPDATE ledger_entry SET amount = amount + 1 WHERE account_id IN (
        SELECT id FROM ledger_account WHERE purpose = 'channel_receivable')""",
    "payments.posted_has_source": "UPDATE ledger_transaction SET subject_id = gen_random_uuid()",
    "payments.refunds_posted": """UPDATE payments_refund SET state = 'failed', next_query_at = NULL,
        concluded_at = now()""",
    "payments.refunds_reverse": """UPDATE ledger_transaction SET reverses_id = NULL
        WHERE kind = 'refund.set_aside'""",
    "payments.mirrored": """UPDATE payments_payment SET refunded = amount WHERE use = 'applied'""",
    "payments.disputes_posted": "UPDATE payments_dispute SET funds = 'untouched'",
    "payments.dispute_fees": "UPDATE payments_dispute SET fee = fee + 1",
    "payments.disputes_have_source": "UPDATE payments_dispute SET currency = 'EUR'",
    "payments.told_once": "DELETE FROM outbox_event WHERE topic = 'order.paid'",
    "payments.written_down": "DELETE FROM audit_row WHERE action = 'order.paid'",
    "payments.discounts_have_codes": "UPDATE merchants_couponuse SET discount = discount + 1",
    "payments.codes_follow_orders": """UPDATE merchants_couponuse SET state = 'returned', returned_at = now()
        WHERE state = 'redeemed'""",
    "payments.promotion_carried": "UPDATE merchants_couponuse SET carrier = 'platform'",
    "payments.promotion_posted": """UPDATE payments_payment SET promotion = 1, promotion_returned = 0
        WHERE use = 'applied'""",
    "payments.told_as_written": "DELETE FROM outbox_event WHERE topic = 'refund.requested'",
}


@pytest.fixture
def lived(online, gateway) -> None:
    """A shop in which everything has happened: paid, part refunded, twice paid, waiting, disputed."""
    till = cards.shop()
    cards.tell(till, cards.dispute_event(cards.paid(till), moved="-"))
    payment = make.payment_of(make.paid(online))
    gateway.answers.append(done(payment, 300))
    book(payment, 300)
    order = make.place(online)
    first = make.payment_of(order)
    attempts.open(order, "alipay.page")
    make.pay(order)
    notices.take(first.notify_token, make.notice(first))
    code_of(CouponFactory.create(merchant=online.merchant), "SAVE")
    make.paid(online, codes=("SAVE",))
    make.place(online)


def test_every_invariant_is_broken_once():
    assert set(BREAKS) == {each.code for each in INVARIANTS}


def test_nothing_offends_in_a_shop_that_has_lived(lived: None, offences: Callable[[], list[str]]):
    assert offences() == []


@pytest.mark.parametrize("code", BREAKS)
def test_the_auditor_sees_the_break(lived: None, offences: Callable[[], list[str]], code: str):
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET LOCAL session_replication_role = replica")
        cursor.execute(BREAKS[code])
    assert code in offences()


def test_a_whole_refund_is_seen_as_mirrored(online, gateway, offences: Callable[[], list[str]]):
    payment = make.payment_of(make.paid(online))
    gateway.answers.append(done(payment, 1000))
    refunds.book(payment=payment, amount=payment.money, reason="", actor=refunds.SYSTEM)
    assert Payment.objects.get().refunded == Order.objects.get().total
    assert offences() == []
