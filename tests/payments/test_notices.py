"""What channels send: taken when genuine and right, else refused without a trace but a small one."""

import pytest
from django.db import IntegrityError, connection, transaction

from kernel.actors import SYSTEM
from ledger.models import Transaction
from merchants.models import StockItem
from outbox.models import Event
from payments.models import Alert, Notice, Order, Payment, UnverifiedNotice
from payments.models.notice import UNVERIFIED_PER_ACCOUNT
from payments.services import accounts, notices, unverified
from payments.services.notices import take
from payments.states import NoticeState
from tests.factories import payments as make
from tests.payments.channels import alipay_world as alipay

pytestmark = pytest.mark.django_db

TAMPERED = sorted(set(alipay.PAID) - {"sign", "sign_type"})


def stands_untouched(order):
    """Nothing about the order or its money has moved."""
    order.refresh_from_db()
    payment = make.payment_of(order)
    return (
        (order.payment_state, order.fulfilment, payment.state) == ("pending", "none", "pending")
        and not StockItem.objects.filter(state="delivered").exists()
        and not Transaction.objects.exists()
        and not Event.objects.filter(topic="order.paid").exists()
    )


def left_behind():
    """How many rows a refusal left: raw samples, notices, alerts."""
    return UnverifiedNotice.objects.count(), Notice.objects.count(), Alert.objects.count()


def test_a_genuine_notice_is_answered_with_the_channels_literal(shop):
    reply = make.pay(make.place(shop))
    assert (reply.status, reply.body) == (200, b"success")


def test_a_genuine_notice_is_kept_sealed_as_evidence(shop):
    order = make.place(shop)
    make.pay(order)
    kept = Notice.objects.get(payment__order=order)
    assert (kept.state, kept.said, kept.money) == ("applied", "succeeded", order.price)
    assert b"trade_no" not in bytes(kept.body)


@pytest.mark.parametrize("name", TAMPERED)
def test_a_notice_tampered_in_one_field_changes_nothing(shop, name):
    order = make.place(shop)
    payment = make.payment_of(order)
    signed = alipay.signed(make.fields(payment))
    reply = take(payment.notify_token, alipay.notice({**signed, name: f"{signed[name]}1"}))
    assert reply.body == b"fail"
    assert stands_untouched(order)
    assert left_behind() == (1, 0, 1)


@pytest.mark.parametrize(
    "change",
    [{"sign": ""}, {"sign": "0"}, {"sign_type": "RSA"}, {"sign_type": "MD5"}, {"extra": "1"}],
    ids=str,
)
def test_a_notice_that_asks_for_less_proof_is_refused(shop, change):
    order = make.place(shop)
    payment = make.payment_of(order)
    signed = alipay.signed(make.fields(payment))
    assert take(payment.notify_token, alipay.notice(signed | change)).body == b"fail"
    assert stands_untouched(order)


def test_a_notice_without_a_signature_is_refused(shop):
    order = make.place(shop)
    payment = make.payment_of(order)
    assert take(payment.notify_token, alipay.notice(make.fields(payment))).body == b"fail"
    assert stands_untouched(order)


def test_a_notice_signed_by_another_key_is_refused(shop):
    order = make.place(shop)
    payment = make.payment_of(order)
    forged = alipay.notice(alipay.signed(make.fields(payment), owner="thief"))
    assert take(payment.notify_token, forged).body == b"fail"
    assert stands_untouched(order)


def test_an_oversized_notice_is_refused(shop):
    order = make.place(shop)
    payment = make.payment_of(order)
    assert take(payment.notify_token, alipay.notice(b"a=" + b"x" * 70_000)).body == b"fail"
    assert stands_untouched(order)


@pytest.mark.parametrize("amount", ["0.01", "9.99", "10.01", "1000.00"])
def test_a_genuine_notice_of_another_amount_changes_nothing_but_tells(shop, amount):
    order = make.place(shop)
    assert make.pay(order, total_amount=amount).body == b"fail"
    assert stands_untouched(order)
    assert Alert.objects.get().code == "notice.mismatch"
    assert Notice.objects.get().state == "refused"


@pytest.mark.parametrize("amount", ["10.000", "1e1", "-10.00", "10", "10.0", "０10.00"])
def test_an_amount_in_another_form_is_refused(shop, amount):
    order = make.place(shop)
    assert make.pay(order, total_amount=amount).body == b"fail"
    assert stands_untouched(order)


@pytest.mark.parametrize(
    "change", [{"app_id": "2021000118661235"}, {"seller_id": "2088102146225136"}], ids=str
)
def test_a_notice_meant_for_another_account_is_refused(shop, change):
    order = make.place(shop)
    assert make.pay(order, **change).body == b"fail"
    assert stands_untouched(order)


def test_a_notice_of_one_payment_sent_to_anothers_address_pays_neither(shop):
    cheap, dear = make.place(shop), make.place(shop, quantity=3)
    theirs = make.notice(make.payment_of(cheap))
    assert take(make.payment_of(dear).notify_token, theirs).body == b"fail"
    assert stands_untouched(dear)
    assert stands_untouched(cheap)


def test_a_notice_of_one_merchants_account_sent_to_another_merchants_pays_neither(shop):
    other = make.shop()
    other_order = make.place(other)
    theirs = make.notice(make.payment_of(make.place(shop)))
    assert take(make.payment_of(other_order).notify_token, theirs).body == b"fail"
    assert stands_untouched(other_order)


def test_an_unknown_token_learns_nothing_and_leaves_nothing(shop):
    reply = take("a" * 23, make.notice(make.payment_of(make.place(shop))))
    assert (reply.status, reply.body) == (404, b"fail")
    assert left_behind() == (0, 0, 0)


@pytest.mark.parametrize("status", ["WAIT_BUYER_PAY", "TRADE_CLOSED", "TRADE_PENDING", "trade_success"])
def test_a_genuine_word_that_is_no_success_pays_nothing_and_is_taken(shop, status):
    order = make.place(shop)
    assert make.pay(order, trade_status=status).body == b"success"
    assert stands_untouched(order)


def test_a_success_after_another_word_under_the_same_key_is_not_lost(shop):
    order = make.place(shop)
    make.pay(order, trade_status="WAIT_BUYER_PAY")
    make.pay(order)
    order.refresh_from_db()
    assert order.payment_state == "paid"
    kept = Notice.objects.order_by("received_at").values_list("state", "said")
    assert list(kept) == [("ignored", "pending"), ("applied", "succeeded")]


def test_each_word_under_a_reused_key_is_kept_whole(shop):
    order = make.place(shop)
    payment = make.payment_of(order)
    words = [make.notice(payment, total_amount="0.01"), make.notice(payment)]
    assert [take(payment.notify_token, word).body for word in words] == [b"fail", b"success"]
    kept = Notice.objects.order_by("received_at")
    assert [(notices.body_of(each), each.amount) for each in kept] == [
        (words[0].body, 1),
        (words[1].body, 1000),
    ]


def test_a_refused_word_that_comes_again_is_kept_once(shop):
    payment = make.payment_of(make.place(shop))
    signed = alipay.signed(make.fields(payment, total_amount="0.01"))
    for form in (signed, dict(reversed(signed.items()))):
        take(payment.notify_token, alipay.notice(form))
    assert Notice.objects.get().state == "refused"


def test_a_kept_word_that_comes_again_and_can_be_applied_now_is_the_proof(shop, offences):
    order = make.place(shop)
    payment = make.payment_of(order)
    request = make.notice(payment)
    till = accounts.till(payment.account_id)
    said = till.channel.read_notice(till.account, request)
    with transaction.atomic():
        notices.store(notices.addressee(payment), said, request.body, NoticeState.RECEIVED)
    take(payment.notify_token, request)
    assert Notice.objects.get().state == "applied"
    assert offences() == []


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE payments_notice SET digest = sha256('x')",
        "UPDATE payments_notice SET amount = 1",
        "UPDATE payments_notice SET reason = 'x'",
        "DELETE FROM payments_notice",
    ],
)
def test_the_database_keeps_a_notice_as_it_came(shop, change):
    make.paid(shop)
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(change)


def test_a_repeat_gets_the_same_reply_and_changes_nothing(shop):
    order = make.place(shop)
    request = make.notice(make.payment_of(order))
    token = make.payment_of(order).notify_token
    first = take(token, request)
    before = Transaction.objects.count(), Event.objects.count(), Notice.objects.count()
    assert take(token, request) == first
    assert (Transaction.objects.count(), Event.objects.count(), Notice.objects.count()) == before


def test_a_repeat_under_another_key_gets_the_same_reply_and_pays_nothing_more(shop):
    order = make.place(shop)
    make.pay(order)
    assert make.pay(order, notify_id="another_key").body == b"success"
    assert Transaction.objects.count() == 1


def test_another_transaction_for_a_paid_payment_is_refused_and_told(shop):
    order = make.paid(shop)
    assert make.pay(order, trade_no="2026OTHER", notify_id="another_key").body == b"fail"
    assert Alert.objects.get().code == "notice.mismatch"


def test_one_channel_transaction_pays_one_payment_only(shop):
    first, second = make.place(shop), make.place(shop)
    make.pay(first, trade_no="2026SAME")
    assert make.pay(second, trade_no="2026SAME").body == b"fail"
    assert Order.objects.get(pk=second.pk).payment_state == "pending"
    assert Alert.objects.get().code == "notice.mismatch"


def test_a_flood_leaves_a_bounded_sample_and_one_alert(shop):
    order = make.place(shop)
    payment = make.payment_of(order)
    for _ in range(UNVERIFIED_PER_ACCOUNT + 40):
        take(payment.notify_token, alipay.notice(b"a=1"))
    assert UnverifiedNotice.objects.count() <= unverified.WRITES_PER_MINUTE
    assert Alert.objects.count() == 1


def test_the_sample_of_an_account_is_capped_by_the_database(shop):
    payment = make.payment_of(make.place(shop))
    to = (shop.account.pk, shop.merchant.pk, shop.merchant.book, payment.pk)
    for _ in range(5):
        unverified.keep(*to, alipay.notice(b"a=1"), why="test")
    slots = UnverifiedNotice.objects.values_list("slot", flat=True)
    assert all(0 <= slot < UNVERIFIED_PER_ACCOUNT for slot in slots)


def test_a_sample_keeps_only_the_head_of_a_message(shop):
    payment = make.payment_of(make.place(shop))
    take(payment.notify_token, alipay.notice(b"a=" + b"x" * 60_000))
    kept = UnverifiedNotice.objects.get()
    assert kept.size == 60_002
    assert len(kept.body) < 5_000


def test_credentials_that_were_changed_verify_at_once(shop):
    order = make.place(shop)
    accounts.change_credentials(
        shop.account,
        settings=dict(shop.account.settings),
        secrets={"private_key": alipay.private_pem("app"), "channel_public_key": alipay.public_pem("new")},
        actor=SYSTEM,
    )
    payment = make.payment_of(order)
    assert take(payment.notify_token, make.notice(payment)).body == b"fail"
    renewed = alipay.notice(alipay.signed(make.fields(payment), owner="new"))
    assert take(payment.notify_token, renewed).body == b"success"


def test_the_body_opens_again_for_who_must_see_it(shop):
    order = make.place(shop)
    request = make.notice(make.payment_of(order))
    take(make.payment_of(order).notify_token, request)
    assert notices.body_of(Notice.objects.get()) == request.body


def test_a_notice_names_its_payment(shop):
    order = make.paid(shop)
    assert Payment.objects.get(notices__state="applied").order_id == order.pk
