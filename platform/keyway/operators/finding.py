"""The search over everything: a name such as `ord_…`, an order number, an e-mail address of ours."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from unfold.dataclasses import SearchResult

from kernel import ids
from kernel.errors import NotFound
from merchants.models import Coupon, CouponUse, Entitlement, Merchant, Plan, Product, Store, User
from payments.models import ChannelAccount, Dispute, Notice, Order, Payment, Refund
from payments.subscriptions.models import Invoice, Mandate, Subscription
from payments.tokens import plain_number
from risk.models import Decision

_NAMES: dict[str, Any] = {
    "ord": Order,
    "pay": Payment,
    "rfd": Refund,
    "dsp": Dispute,
    "ntc": Notice,
    "cac": ChannelAccount,
    "sub": Subscription,
    "inv": Invoice,
    "mnd": Mandate,
    "mer": Merchant,
    "sto": Store,
    "prd": Product,
    "pln": Plan,
    "ent": Entitlement,
    "cpn": Coupon,
    "cpu": CouponUse,
    "dec": Decision,
}


def find(request: HttpRequest, term: str) -> list[SearchResult]:
    """What the term names exactly, of what this operator may see. Nothing is guessed, nothing is scanned."""
    term = term.strip()
    found = [_result(thing) for thing in _things(term) if _may(request, thing)]
    return [result for result in found if result]


def _things(term: str) -> list[Any]:
    prefix = term.partition("_")[0]
    if prefix in _NAMES:
        try:
            return list(_NAMES[prefix].objects.filter(pk=ids.decode(prefix, term)))
        except NotFound:
            return []
    looks: list[Callable[[], Any]] = [
        lambda: Order.objects.filter(number=plain_number(term))[:1],
        lambda: Payment.objects.filter(channel_txn=term)[:5] if len(term) > 15 else [],
        lambda: User.objects.filter(email=term)[:1] if "@" in term else [],
        lambda: Store.objects.filter(slug=term)[:1],
    ]
    return [thing for look in looks for thing in look()]


def _may(request: HttpRequest, thing: Any) -> bool:
    meta = thing._meta
    return bool(request.user.has_perm(f"{meta.app_label}.view_{meta.model_name}"))


def _result(thing: Any) -> SearchResult:
    meta = thing._meta
    address = reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[thing.pk])
    return SearchResult(title=str(thing), description=str(meta.verbose_name), link=address, icon="tag")
