"""Codes of a coupon: single ones that somebody thinks up, and thousands that nobody can guess.

Those made in bulk come a chunk a commit, with their count: a worker that dies leaves whole chunks behind, and
the next one goes on with the rest.
"""

import secrets
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import IntegrityError, connection, transaction
from django.db.models import Q

import audit
from kernel import clock, emails, ids
from kernel.actors import SYSTEM, Actor, ActorKind
from kernel.crash import crash_point
from kernel.errors import Invalid, said
from web import spreadsheets

from ..coupon_errors import CodeTaken, CouponEnded
from ..coupon_texts import is_code, normalised
from ..models import CodeBatch, Coupon, CouponCode, Merchant
from ..models.coupon_batch import MAX_CODES
from ..states import CodeBatchState, CouponStatus
from . import coupon_terms, coupons, wake
from .coupon_terms import may_change

TASK = "merchants.generate_codes"
INLINE = 2_000
"""So many are made while somebody waits; more by a worker."""
MOST_OF_COUPON = 200_000
PREFIX_LENGTH = 12

_ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # 32 signs: without 0 and O, 1 and I
_LENGTH = 16  # 80 bits of chance
_CHUNK = 1_000
_STALLED = timedelta(seconds=30)
_COLUMNS = (said("Coupon code"), said("Used"), said("May be used"), said("Coupon"))

_INSERT = """
    INSERT INTO merchants_couponcode (id, coupon_id, merchant_id, code, most_uses, used, batch, created_at)
    SELECT id, %s, %s, code, 1, 0, %s, now() FROM unnest(%s::uuid[], %s::text[]) AS new (id, code)
    ON CONFLICT (merchant_id, code) DO NOTHING
"""


def create_with_code(merchant: Merchant, text: str, *, actor: Actor, **fields: Any) -> Coupon:
    """A coupon and, where `text` is one, its first code; both or neither.

    Raises what `coupon_terms.create` and `add` do.
    """
    with transaction.atomic():
        coupon = coupon_terms.create(merchant, actor=actor, **fields)
        if text.strip():
            add(coupon, text, actor=actor, reason=fields.get("reason", ""))
    return coupon


def add(
    coupon: Coupon,
    text: str,
    *,
    actor: Actor,
    most_uses: int | None = None,
    email: str = "",
    reason: str = "",
) -> CouponCode:
    """A code that somebody thought up, for anybody, or for the one buyer of this e-mail address.

    Raises Invalid, CodeTaken, CouponEnded, or CouponOfPlatform.
    """
    _may_add(coupon, actor)
    code = normalised(text)
    if not is_code(code):
        raise Invalid(errors={"code": [said("Use 3 to 32 letters from A to Z and digits.")]})
    if most_uses is not None and most_uses < 1:
        raise Invalid(errors={"most_uses": [said("At least once.")]})
    buyer = _buyer(coupon, email) if email.strip() else None
    try:
        with transaction.atomic():
            made = CouponCode.objects.create(
                coupon=coupon,
                merchant_id=coupon.merchant_id,
                code=code,
                most_uses=most_uses,
                buyer_key=buyer,
            )
            facts: dict[str, object] = {"code": made.pk.hex} | ({"for_buyer": True} if buyer else {})
            _record(actor, "coupon.code_added", coupon, facts, reason)
    except IntegrityError as error:
        if "coupon_code_once" not in str(error):
            raise
        raise CodeTaken(code) from error
    return made


def begin(
    coupon: Coupon, count: int, *, prefix: str, actor: Actor, reason: str = "", key: UUID | None = None
) -> CodeBatch:
    """Make so many codes that nobody can guess, each for one use; a worker makes those beyond INLINE.

    `key` is the form's own, so that two sendings make one batch. Raises Invalid, CouponEnded, or
    CouponOfPlatform.
    """
    _may_add(coupon, actor)
    prefix = normalised(prefix)
    _check(coupon, count, prefix)
    with transaction.atomic():
        Coupon.objects.select_for_update(no_key=True).get(pk=coupon.pk)
        sent = CodeBatch.objects.filter(pk=key).first() if key else None
        if sent is not None and (sent.coupon_id, sent.wanted, sent.prefix) == (coupon.pk, count, prefix):
            return sent
        batch = CodeBatch.objects.create(
            id=key if key and sent is None else ids.new(),
            coupon=coupon,
            merchant_id=coupon.merchant_id,
            prefix=prefix,
            wanted=count,
            created_by_id=actor.id if actor.kind in (ActorKind.MEMBER, ActorKind.OPERATOR) else None,
        )
        facts = {"batch": batch.key, "count": count}
        _record(actor, "coupon.codes_asked", coupon, facts, reason)
        if count > INLINE:
            wake.worker(TASK, batch.pk)
    if count <= INLINE:
        run(batch.pk)
        batch.refresh_from_db()
    return batch


def run(batch_id: UUID) -> None:
    """Make what is left of a batch; nothing, if it is whole or another worker has it."""
    while step(batch_id):
        crash_point("codes.between_chunks")


def step(batch_id: UUID) -> bool:
    """Make one chunk; whether there is more to do."""
    with transaction.atomic():
        batch = (
            CodeBatch.objects.select_for_update(no_key=True, skip_locked=True)
            .filter(pk=batch_id, state=CodeBatchState.GENERATING)
            .first()
        )
        if batch is None:
            return False
        batch.made += _insert(batch, min(_CHUNK, batch.wanted - batch.made))
        batch.progressed_at = clock.now()
        if batch.made == batch.wanted:
            batch.state, batch.finished_at = CodeBatchState.GENERATED, batch.progressed_at
            facts = {"batch": batch.key, "made": batch.made}
            _record(SYSTEM, "coupon.codes_made", batch.coupon, facts)
        batch.save(update_fields=["made", "progressed_at", "state", "finished_at"])
        crash_point("codes.before_commit")
    return batch.state == CodeBatchState.GENERATING


def stalled() -> list[UUID]:
    """Batches that nobody is working on: never woken, or left by a worker that died."""
    before = clock.now() - _STALLED
    idle = Q(progressed_at__lt=before) | Q(progressed_at__isnull=True, created_at__lt=before)
    waiting = CodeBatch.objects.filter(idle, state=CodeBatchState.GENERATING)
    return list(waiting.order_by("created_at").values_list("pk", flat=True)[:100])


def export(coupon: Coupon, *, actor: Actor, batch: CodeBatch | None = None) -> Iterator[bytes]:
    """A coupon's codes as CSV, or those of one batch; on record before the first is read."""
    codes = CouponCode.objects.filter(coupon=coupon)
    if batch is not None:
        codes = codes.filter(batch=batch.pk)
    facts = {"codes": codes.count(), **({"batch": batch.key} if batch else {})}
    _record(actor, "coupon.codes_downloaded", coupon, facts)
    rows = codes.order_by("id").values_list("code", "used", "most_uses")
    lines = ((code, used, most or "", coupon.name) for code, used, most in rows.iterator(_CHUNK))
    return spreadsheets.csv(_COLUMNS, lines)


def _insert(batch: CodeBatch, count: int) -> int:
    """Put new codes in; fewer where one was there already, which the next chunk makes good."""
    keys = [ids.new() for _ in range(count)]
    codes = [batch.prefix + _unguessable() for _ in range(count)]
    with connection.cursor() as cursor:
        cursor.execute(_INSERT, [batch.coupon_id, batch.merchant_id, batch.pk, keys, codes])
        return int(cursor.rowcount)


def _unguessable() -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH))


def _check(coupon: Coupon, count: int, prefix: str) -> None:
    errors: dict[str, list[str]] = {}
    if not 1 <= count <= MAX_CODES:
        errors["count"] = [said("From 1 to 20,000 at a time.")]
    elif CouponCode.objects.filter(coupon=coupon).count() + count > MOST_OF_COUPON:
        errors["count"] = [said("A coupon has at most 200,000 codes.")]
    if prefix and not (len(prefix) <= PREFIX_LENGTH and is_code(prefix.ljust(3, "A"))):
        errors["prefix"] = [said("Use at most 12 letters from A to Z and digits.")]
    if errors:
        raise Invalid(errors=errors)


def _buyer(coupon: Coupon, email: str) -> bytes:
    """The fingerprint of the buyer that a code is for; the address itself is not kept. Raises Invalid."""
    try:
        return coupons.buyer_key(coupon.merchant_id, emails.read(email))
    except ValueError as error:
        wrong = said("Enter an e-mail address such as name@example.com.")
        raise Invalid(errors={"email": [wrong]}) from error


def _may_add(coupon: Coupon, actor: Actor) -> None:
    may_change(coupon, actor)
    if coupon.status == CouponStatus.ENDED:
        raise CouponEnded


def _record(actor: Actor, action: str, coupon: Coupon, facts: dict[str, object], reason: str = "") -> None:
    audit.record(
        actor, action, ("coupon", coupon.pk), merchant_id=coupon.merchant_id, reason=reason, facts=facts
    )
