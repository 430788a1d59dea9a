"""What a merchant reads of its coupons: by page, with how many codes each has."""

from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count, Exists, Max, OuterRef, Q

from .coupon_texts import is_code, normalised
from .models import CodeBatch, Coupon, CouponCode, Merchant, Store
from .states import CouponStatus

PAGE = 25

VIEWS: dict[str, Q] = {
    "": ~Q(status=CouponStatus.ENDED),
    "active": Q(status=CouponStatus.ACTIVE),
    "paused": Q(status=CouponStatus.PAUSED),
    "ended": Q(status=CouponStatus.ENDED),
}
"""The views of the list, by their name in the address."""


@dataclass(frozen=True, slots=True)
class CouponPage:
    """Newest first. `older` continues the list; empty: this is its end."""

    coupons: list[Coupon]
    older: str


@dataclass(frozen=True, slots=True)
class CodePage:
    """Newest first, likewise."""

    codes: list[CouponCode]
    older: str


@dataclass(frozen=True, slots=True)
class Codes:
    """How many codes a coupon has, and the one where there is one."""

    count: int
    only: str


def coupons(
    merchant: Merchant,
    *,
    store: Store | None = None,
    view: str = "",
    text: str = "",
    before: UUID | None = None,
) -> CouponPage:
    """A page of coupons; of a store: its own and those for all stores. `text`: part of a name, or a code."""
    found = Coupon.objects.filter(VIEWS.get(view, Q()), merchant=merchant)
    if store is not None:
        found = found.filter(Q(store=store) | Q(store__isnull=True))
    if text:
        code = CouponCode.objects.filter(coupon=OuterRef("pk"), merchant=merchant, code=normalised(text))
        named = Q(name__icontains=text)
        found = found.filter(named | Q(Exists(code)) if is_code(normalised(text)) else named)
    if before is not None:
        found = found.filter(id__lt=before)
    rows = list(found.select_related("store", "merchant").order_by("-id")[: PAGE + 1])
    return CouponPage(rows[:PAGE], rows[PAGE - 1].key if len(rows) > PAGE else "")


def code_counts(coupon_ids: list[UUID]) -> dict[UUID, Codes]:
    """How many codes each coupon has."""
    rows = (
        CouponCode.objects.filter(coupon__in=coupon_ids)
        .values("coupon")
        .annotate(count=Count("pk"), only=Max("code"))
    )
    known = {row["coupon"]: Codes(row["count"], row["only"] if row["count"] == 1 else "") for row in rows}
    return {key: known.get(key, Codes(0, "")) for key in coupon_ids}


def codes(coupon: Coupon, *, text: str = "", before: UUID | None = None) -> CodePage:
    """A page of a coupon's codes, those that begin so."""
    found = CouponCode.objects.filter(coupon=coupon)
    if text:
        found = found.filter(code__startswith=normalised(text))
    if before is not None:
        found = found.filter(id__lt=before)
    rows = list(found.order_by("-id")[: PAGE + 1])
    return CodePage(rows[:PAGE], str(rows[PAGE - 1].pk) if len(rows) > PAGE else "")


def batches(coupon: Coupon) -> list[CodeBatch]:
    """Its latest batches of codes, newest first."""
    return list(CodeBatch.objects.filter(coupon=coupon).select_related("created_by").order_by("-id")[:10])
