"""Codes of a coupon: single ones, and thousands in bulk."""

import csv
import io
import os
import signal
import subprocess
import sys

import pytest

from audit.models import AuditRow
from kernel import ids
from kernel.actors import Actor, ActorKind
from kernel.errors import Invalid
from merchants.coupon_errors import CodeTaken, CouponEnded, CouponOfPlatform
from merchants.models import CodeBatch, Coupon, CouponCode
from merchants.services import coupon_codes, coupons
from merchants.states import Carrier, CodeBatchState, CouponStatus, SettlementMode
from tests.factories.coupons import CouponFactory, code_of
from tests.factories.merchants import MerchantFactory, UserFactory

pytestmark = pytest.mark.django_db

PROGRAM = Actor(ActorKind.API_KEY, ids.new())


@pytest.fixture
def coupon() -> Coupon:
    return CouponFactory.create()


def test_a_code_is_kept_as_buyers_will_be_read(coupon: Coupon):
    assert coupon_codes.add(coupon, " spring-24 ", actor=PROGRAM, most_uses=5).code == "SPRING24"


def test_a_code_for_one_buyer_keeps_a_fingerprint_and_no_address(coupon: Coupon):
    made = coupon_codes.add(coupon, "JUSTYOU", actor=PROGRAM, email=" Me+shop@Example.com ")
    assert made.buyer_key == coupons.buyer_key(coupon.merchant_id, "me@example.com")
    with pytest.raises(Invalid) as refused:
        coupon_codes.add(coupon, "NOBODY", actor=PROGRAM, email="me@")
    assert set(refused.value.context["errors"]) == {"email"}


@pytest.mark.parametrize("text", ["", "ab", "春天来了", "x" * 33, "a!b"])
def test_nonsense_is_no_code(coupon: Coupon, text: str):
    with pytest.raises(Invalid):
        coupon_codes.add(coupon, text, actor=PROGRAM)


def test_a_code_exists_once_with_a_merchant(coupon: Coupon):
    code_of(CouponFactory.create(merchant=coupon.merchant), "SPRING")
    with pytest.raises(CodeTaken):
        coupon_codes.add(coupon, "spring", actor=PROGRAM)
    assert not AuditRow.objects.filter(action="coupon.code_added").exists()


def test_codes_of_a_batch_are_long_different_and_for_one_use(coupon: Coupon):
    batch = coupon_codes.begin(coupon, 1_500, prefix="vip-", actor=PROGRAM)
    codes = CouponCode.objects.filter(batch=batch.pk)
    texts = set(codes.values_list("code", flat=True))
    assert (batch.state, batch.made, len(texts)) == ("generated", 1_500, 1_500)
    assert {(len(text), text[:3]) for text in texts} == {(19, "VIP")}
    assert not set("".join(text[3:] for text in texts)) & set("01IO")
    assert set(codes.values_list("most_uses", flat=True)) == {1}


def test_more_than_one_waits_for_are_made_by_a_worker(coupon: Coupon):
    batch = coupon_codes.begin(coupon, coupon_codes.INLINE + 1, prefix="", actor=PROGRAM)
    assert (batch.state, batch.made) == (CodeBatchState.GENERATING, 0)
    assert coupon_codes.step(batch.pk)
    batch.refresh_from_db()
    assert (batch.made, batch.percent) == (1_000, 49)
    coupon_codes.run(batch.pk)
    batch.refresh_from_db()
    assert (batch.state, batch.made) == (CodeBatchState.GENERATED, 2_001)


@pytest.mark.parametrize("count", [0, 20_001])
def test_bounds_of_a_batch_are_kept(coupon: Coupon, count: int):
    with pytest.raises(Invalid):
        coupon_codes.begin(coupon, count, prefix="", actor=PROGRAM)


@pytest.mark.parametrize("prefix", ["x" * 13, "圣诞", "a/b"])
def test_nonsense_is_no_prefix(coupon: Coupon, prefix: str):
    with pytest.raises(Invalid):
        coupon_codes.begin(coupon, 5, prefix=prefix, actor=PROGRAM)


def test_an_ended_coupon_and_one_of_the_platform_get_no_codes():
    ended = CouponFactory.create()
    Coupon.objects.filter(pk=ended.pk).update(status=CouponStatus.ENDED)
    ended.refresh_from_db()
    with pytest.raises(CouponEnded):
        coupon_codes.add(ended, "SPRING", actor=PROGRAM)
    merchant = MerchantFactory.create(settlement_mode=SettlementMode.OWN_SUPPLY)
    carried = CouponFactory.create(merchant=merchant, carrier=Carrier.PLATFORM)
    with pytest.raises(CouponOfPlatform):
        coupon_codes.begin(carried, 5, prefix="", actor=PROGRAM)


def test_a_download_computes_nothing_and_is_on_record():
    coupon = CouponFactory.create(name="=1+1")
    member = Actor(ActorKind.MEMBER, UserFactory.create().pk)
    batch = coupon_codes.begin(coupon, 3, prefix="", actor=member)
    code_of(coupon, "EXTRA")
    text = b"".join(coupon_codes.export(coupon, batch=batch, actor=member)).decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text)))
    assert len(rows) == 4
    assert {(used, most, name) for _code, used, most, name in rows[1:]} == {("0", "1", "'=1+1")}
    row = AuditRow.objects.get(action="coupon.codes_downloaded")
    assert (row.actor_id, row.facts["codes"]) == (member.id, 3)


_WORKER = """
import sys, django
django.setup()
from uuid import UUID
from merchants.services import coupon_codes
coupon_codes.run(UUID(sys.argv[1]))
"""


@pytest.mark.django_db(transaction=True)
def test_the_worker_after_a_killed_one_makes_the_rest_and_no_more(database_url: str):
    batch = coupon_codes.begin(CouponFactory.create(), 2_500, prefix="", actor=PROGRAM)

    def work(crash_at: str) -> tuple[int, int, int]:
        environment = {**os.environ, "DATABASE_URL": database_url, "CRASH_AT": crash_at}
        done = subprocess.run(
            [sys.executable, "-c", _WORKER, str(batch.pk)], env=environment, check=False, timeout=60
        )
        made = CodeBatch.objects.get(pk=batch.pk).made
        return done.returncode, made, CouponCode.objects.filter(batch=batch.pk).count()

    assert work("codes.before_commit") == (-signal.SIGKILL, 0, 0)
    assert work("codes.between_chunks") == (-signal.SIGKILL, 1_000, 1_000)
    assert work("") == (0, 2_500, 2_500)
