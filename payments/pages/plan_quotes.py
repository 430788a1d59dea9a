"""What a membership's form comes to, shown before it is sent. The order judges it again."""

from datetime import timedelta
from typing import Any

from django.http import HttpRequest
from django.utils.translation import get_language, gettext

from kernel.money import Money
from merchants import coupon_texts
from merchants.coupon_errors import CouponRefused
from merchants.services import catalogue
from merchants.services.catalogue import Offer
from web import limits, problems

from .. import memberships, shelf
from ..forms import CODE_MAX, email_of
from ..services import codes
from . import membership

_MOST, _PER = 300, timedelta(minutes=10)
_CODES_MOST = 60


def of(request: HttpRequest, shop: str, slug: str, *, asker: str) -> dict[str, Any]:
    """Price and words of the chosen plan for this quantity, and what the codes take off, or why they do not.

    Raises TooOften, BadQuantity, NotForSale, Invalid, PriceChanged.
    """
    limits.take("plan.quote", asker, most=_MOST, per=_PER)
    sent = request.POST
    offer = catalogue.offer_at(shop[:48], slug[:60])
    quantity = _quantity(sent.get("quantity", ""))
    plan, currency = membership.chosen_plan(sent, offer, quantity), sent.get("currency", "")
    before = plan.total(currency, quantity)
    told: dict[str, Any] = {
        "before": _shown(before),
        "words": _words(request, shop, slug),
        "words_for": quantity,
    }
    typed = coupon_texts.read(sent.get("code", "")[:CODE_MAX])
    if membership.wants_trial(sent, plan):
        refusal = gettext(memberships.TRIAL_TAKES_NO_CODE) if typed else ""
        nothing = _shown(Money(0, currency))
        return told | {"total": nothing, "then": told["before"], "refusal": refusal}
    try:
        off = _off(request, offer, typed, before, asker)
    except (CouponRefused, limits.TooOften) as refused:
        return told | {"total": told["before"], "refusal": problems.title(refused)}
    total = Money(before.amount - off.amount, currency)
    return told | {"total": _shown(total), "off": _shown(off) if off.amount else ""}


def _off(request: HttpRequest, offer: Offer, typed: tuple[str, ...], before: Money, asker: str) -> Money:
    if not typed:
        return Money(0, before.currency)
    limits.take("coupon.quote", asker, most=_CODES_MOST, per=_PER)
    contact = email_of(request.POST.get("email", ""))
    discount = codes.judge(offer, typed, before, contact=contact, asker=asker)
    return Money(discount.amount, before.currency)


def _words(request: HttpRequest, shop: str, slug: str) -> dict[str, str]:
    """By the plans' keys in the form."""
    found = shelf.shop(shop)
    facts = membership.facts_of(request.POST, found, shelf.goods_named(found, slug))
    return {words.key: words.text for words in facts["words"]}


def _quantity(typed: str) -> int:
    text = typed.strip()[:6]
    return int(text) if text.isascii() and text.isdigit() else 0


def _shown(amount: Money) -> str:
    return amount.format(get_language() or "zh-hans")
