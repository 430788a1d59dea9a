"""Makes memberships with their plans, and entitlements, for tests: by the services, as their owners would."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from kernel import clock, ids
from kernel.actors import SYSTEM
from kernel.books import Book
from kernel.intervals import Unit
from merchants.models import Entitlement, Plan, Product
from merchants.services import entitlements, plans
from merchants.services.entitlements import Grant, Opening
from merchants.services.plans import Terms
from merchants.states import GrantKind, ProductKind, ProductStatus

from .merchants import ProductFactory

MONTHLY = Terms(unit=Unit.MONTH, prices={"CNY": 1_900})


def membership(**fields: Any) -> Product:
    """A draft of a membership in yuan, without plans."""
    values = {"kind": ProductKind.MEMBERSHIP, "price": 0, "status": ProductStatus.DRAFT, **fields}
    return ProductFactory.create(**values)


def planned(product: Product, terms: Terms = MONTHLY, **fields: Any) -> Plan:
    """A plan of a membership that is sold; 19.00 yuan a month if nothing else is said."""
    values = {"slug": f"plan-{ids.new().hex[-8:]}", "name_zh": "月付", "name_en": "Monthly", **fields}
    plan = plans.create(product, actor=SYSTEM, terms=terms, **values)
    plans.publish(plan, actor=SYSTEM)
    plan.refresh_from_db()
    return plan


def on_shelf(*terms: Terms, **fields: Any) -> Product:
    """A live membership with a plan for each of the terms, or a monthly one."""
    product = membership(**fields)
    for place, each in enumerate(terms or (MONTHLY,)):
        planned(product, each, position=place)
    Product.objects.filter(pk=product.pk).update(status=ProductStatus.LIVE)
    product.refresh_from_db()
    return product


def opened(product: Product, *, starts_at: datetime | None = None, **fields: Any) -> Entitlement:
    """An entitlement to a membership, with nothing granted yet."""
    values: dict[str, Any] = {
        "contact_key": bytes(16),
        "buyer_key": bytes(16),
        "quantity": 1,
        "starts_at": starts_at or clock.now(product.merchant),
        "subscription_id": ids.new(),
        **fields,
    }
    opening = Opening(
        merchant_id=product.merchant_id,
        book=Book(product.merchant.book),
        store_id=product.store_id,
        product_id=product.pk,
        **values,
    )
    return Entitlement.objects.select_related("merchant").get(pk=entitlements.open(opening))


def granted(
    entitlement: Entitlement,
    *,
    days: int = 30,
    after: timedelta = timedelta(),
    kind: GrantKind = GrantKind.PAID,
) -> UUID:
    """Grant so many days from `after` its start on, by an invoice of its own; the invoice."""
    starts_at = entitlement.starts_at + after
    invoice = ids.new()
    grant = Grant(entitlement.pk, invoice, kind, starts_at, starts_at + timedelta(days=days))
    entitlements.grant_many([grant], at=clock.now(entitlement.merchant))
    entitlement.refresh_from_db()
    return invoice
