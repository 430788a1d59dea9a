"""From what was asked of a new subscription to the basket that the checkout takes."""

from typing import Any
from uuid import UUID

from django.utils.translation import get_language

from merchants.models import Plan, Product
from merchants.services import plans
from merchants.services.plans import PlanOffer
from payments import memberships
from payments.api.orders import LANGUAGES, normalised_codes
from payments.errors import MethodUnavailable
from payments.memberships import Wish
from payments.services import accounts
from payments.services.baskets import Basket
from payments.states import Device
from web.api.errors import ObjectMissing
from web.api.views import Endpoint

from ..errors import PlanUnavailable
from ..models import Subscription


def plan_of(endpoint: Endpoint, plan_id: UUID, row: Subscription | None = None) -> PlanOffer:
    """What is sold of the caller's plan, which is one of `row`'s product. Raises ObjectMissing,
    PlanUnavailable.
    """
    plan = endpoint.mine(Plan, "merchant_id").filter(pk=plan_id).first()
    if plan is None:
        raise ObjectMissing("plan")
    if row is not None and row.product_id != plan.product_id:
        raise PlanUnavailable
    for offer in plans.on_sale(plan.product_id):
        if offer.plan_id == plan.pk:
            return offer
    raise PlanUnavailable


def basket(endpoint: Endpoint, asked: dict[str, Any], plan: PlanOffer, server: str) -> Basket:
    """A basket for this plan. `server`: the address that called; it counts where no buyer's is sent."""
    buyer = asked.get("buyer", {})
    device = Device(buyer.get("device", Device.DESKTOP))
    quantity = asked.get("quantity", plan.min_quantity)
    currency = asked.get("currency") or Product.objects.get(pk=plan.product_id).currency
    wish = Wish(plan.version_id, currency, consents=asked["consents"])
    return Basket(
        product_id=plan.product_id,
        quantity=quantity,
        contact=asked["email"],
        method=asked.get("method") or _best_method(endpoint.caller.merchant_id, plan, wish, quantity, device),
        form_key=endpoint.claim_id,
        address=buyer.get("ip") or server,
        language=LANGUAGES.get(asked.get("language", ""), get_language() or "zh-hans"),
        device=device,
        agreed=asked.get("expected_total"),
        codes=normalised_codes(asked.get("codes", [])),
        actor=endpoint.caller.actor,
        plan=wish,
    )


def _best_method(merchant_id: UUID, plan: PlanOffer, wish: Wish, quantity: int, device: Device) -> str:
    total = memberships.port().quote(plan.product_id, wish, quantity).total
    for choice in accounts.choices(merchant_id, total, device):
        return choice.method.code
    raise MethodUnavailable(method="")
