"""Plans of memberships: drafted, published, archived. What somebody subscribed to never changes.

Whoever changes a plan locks its product first, and then the plan: the product's price is that of its first
plan. `on_sale` and `version` read what is or was sold.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.db.models import Max

import audit
import outbox
from kernel import clock
from kernel.actors import Actor
from kernel.errors import Invalid, said
from kernel.intervals import Unit

from .. import events, plan_offers
from ..errors import LastPlan, NoDraft, NotAMembership, PlanIsArchived, PlanSlugTaken
from ..models import Plan, PlanPrice, PlanVersion, Product
from ..models.plan import MOST_COUNT
from ..plan_offers import PlanOffer, on_sale, version
from ..states import PLAN, PlanStatus, ProductKind, ProductStatus
from . import catalogue
from .checked import checked

__all__ = [
    "PlanOffer",
    "Terms",
    "archive",
    "change",
    "create",
    "discard",
    "draft_version",
    "on_sale",
    "publish",
    "restore",
    "version",
]


@dataclass(frozen=True, slots=True)
class Terms:
    """What a version promises: `count` times `unit` a period, free for `trial_days` first.

    `prices`: by currency, minor units of one for a period; the product's own currency is among them.
    """

    unit: Unit
    count: int = 1
    trial_days: int = 0
    min_quantity: int = 1
    max_quantity: int = 1
    prices: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, version: PlanVersion) -> "Terms":
        """Those of a version, to begin the next one with."""
        return cls(
            unit=Unit(version.unit),
            count=version.count,
            trial_days=version.trial_days,
            min_quantity=version.min_quantity,
            max_quantity=version.max_quantity,
            prices={price.currency: price.amount for price in version.prices.all()},
        )


def create(product: Product, *, actor: Actor, terms: Terms | None = None, **fields: Any) -> Plan:
    """A plan of a membership, a draft; with `terms`, its first version too.

    `fields`: slug, name_zh, name_en, position. Raises Invalid, PlanSlugTaken, or NotAMembership.
    """
    if product.kind != ProductKind.MEMBERSHIP:
        raise NotAMembership
    with transaction.atomic():
        _lock(product.pk)
        if Plan.objects.filter(product=product, slug=fields.get("slug", "")).exists():
            raise PlanSlugTaken(slug=fields["slug"])
        plan = checked(Plan(merchant_id=product.merchant_id, product=product, **fields))
        plan.save(force_insert=True)
        _record(actor, "plan.created", plan, {"slug": plan.slug})
        if terms is not None:
            _draft(plan, terms, product.currency, actor)
    return plan


def change(plan: Plan, *, actor: Actor, **fields: Any) -> Plan:
    """Change its slug, names or place. Raises Invalid, or PlanSlugTaken."""
    with transaction.atomic():
        product, plan = _locked(plan)
        slug = fields.get("slug", plan.slug)
        if Plan.objects.filter(product=product, slug=slug).exclude(pk=plan.pk).exists():
            raise PlanSlugTaken(slug=slug)
        changed = {name: [getattr(plan, name), value] for name, value in fields.items()}
        for name, value in fields.items():
            setattr(plan, name, value)
        checked(plan).save()
        facts = {name: pair for name, pair in changed.items() if pair[0] != pair[1]}
        _record(actor, "plan.changed", plan, {"changed": facts})
        _reprice(product)
    _forget()
    return plan


def draft_version(plan: Plan, terms: Terms, *, actor: Actor) -> PlanVersion:
    """The plan's draft with these terms: a new one with the next number, or the one there is, overwritten.

    Raises Invalid. Nobody is sold a draft.
    """
    with transaction.atomic():
        product, plan = _locked(plan)
        return _draft(plan, terms, product.currency, actor)


def discard(plan: Plan, *, actor: Actor) -> None:
    """Throw the draft away. Raises NoDraft."""
    with transaction.atomic():
        _, plan = _locked(plan)
        draft = _draft_of(plan)
        draft.delete()
        _record(actor, "plan.draft_discarded", plan, {"number": draft.number})


def publish(plan: Plan, *, actor: Actor) -> PlanVersion:
    """Sell the draft from now on, and the plan with it. Who has an older version keeps it.

    Raises NoDraft, PlanIsArchived, or Invalid where the product's own currency has no price.
    """
    with transaction.atomic():
        product, plan = _locked(plan)
        if plan.status == PlanStatus.ARCHIVED:
            raise PlanIsArchived
        draft = _draft_of(plan)
        _check_priced({price.currency: price.amount for price in draft.prices.all()}, product.currency)
        draft.published_at = clock.now()
        draft.save(update_fields=["published_at"])
        if plan.status != PlanStatus.LIVE:
            _enter(plan, PlanStatus.LIVE)
        _reprice(product)
        _record(actor, "plan.published", plan, {"version": draft.key, "number": draft.number})
        outbox.emit([events.of_plan(events.PLAN_PUBLISHED, plan, product.merchant.book, draft.pk)])
    _forget()
    return draft


def archive(plan: Plan, *, actor: Actor) -> Plan:
    """Sell it no more; subscriptions that have it go on. Raises IllegalMove, or LastPlan."""
    with transaction.atomic():
        product, plan = _locked(plan)
        PLAN.check(PlanStatus(plan.status), PlanStatus.ARCHIVED)
        others = Plan.objects.filter(product=product, status=PlanStatus.LIVE).exclude(pk=plan.pk)
        if product.status == ProductStatus.LIVE and plan.status == PlanStatus.LIVE and not others.exists():
            raise LastPlan
        _enter(plan, PlanStatus.ARCHIVED)
        _reprice(product)
        _record(actor, "plan.archived", plan, {})
        outbox.emit([events.of_plan(events.PLAN_ARCHIVED, plan, product.merchant.book, None)])
    _forget()
    return plan


def restore(plan: Plan, *, actor: Actor) -> Plan:
    """Sell an archived plan again, as it was; one that was never published is a draft again."""
    with transaction.atomic():
        product, plan = _locked(plan)
        newest = plan.versions.filter(published_at__isnull=False).order_by("-number").first()
        target = PlanStatus.LIVE if newest else PlanStatus.DRAFT
        _enter(plan, target)
        _reprice(product)
        _record(actor, "plan.restored", plan, {})
        if newest:
            outbox.emit([events.of_plan(events.PLAN_PUBLISHED, plan, product.merchant.book, newest.pk)])
    _forget()
    return plan


def copy(product: Product, twin: Product, *, actor: Actor) -> None:
    """The plans that are sold once more, with another product: a twin's."""
    for offer in on_sale(product.pk):
        names = dict(zip(("name_zh", "name_en"), offer.names, strict=True))
        terms = Terms(
            unit=offer.unit,
            count=offer.count,
            trial_days=offer.trial_days,
            min_quantity=offer.min_quantity,
            max_quantity=offer.max_quantity,
            prices=offer.prices,
        )
        publish(create(twin, actor=actor, terms=terms, slug=offer.slug, **names), actor=actor)


def _draft(plan: Plan, terms: Terms, currency: str, actor: Actor) -> PlanVersion:
    if not terms.count <= MOST_COUNT[terms.unit]:
        raise Invalid(errors={"count": [said("A period is three years at most.")]})
    _check_priced(terms.prices, currency)
    draft = plan.versions.filter(published_at__isnull=True).first()
    if draft is None:
        last = plan.versions.aggregate(last=Max("number"))["last"] or 0
        draft = PlanVersion(merchant_id=plan.merchant_id, plan=plan, number=last + 1)
    for name in ("unit", "count", "trial_days", "min_quantity", "max_quantity"):
        setattr(draft, name, getattr(terms, name))
    checked(draft).save()
    prices = [PlanPrice(version=draft, currency=code, amount=sum_) for code, sum_ in terms.prices.items()]
    draft.prices.all().delete()
    PlanPrice.objects.bulk_create([_checked(price) for price in prices])
    facts = {"number": draft.number, "prices": dict(terms.prices), "interval": [terms.count, terms.unit]}
    _record(actor, "plan.drafted", plan, facts | {"trial_days": terms.trial_days})
    return draft


def _checked(price: PlanPrice) -> PlanPrice:
    try:
        return checked(price)
    except Invalid as refusal:
        raise Invalid(errors={"prices": [said("This is not an amount.")]}) from refusal


def _check_priced(prices: Mapping[str, int], currency: str) -> None:
    if currency not in prices:
        raise Invalid(errors={"prices": [said("Give a price in the product's own currency.")]})


def _draft_of(plan: Plan) -> PlanVersion:
    draft = plan.versions.filter(published_at__isnull=True).first()
    if draft is None:
        raise NoDraft
    return draft


def _enter(plan: Plan, target: PlanStatus) -> None:
    plan.enter(target, field="status", updated_at=clock.now())


def _lock(product_id: Any) -> Product:
    return (
        Product.objects.select_for_update(no_key=True, of=("self",))
        .select_related("merchant")
        .get(pk=product_id)
    )


def _locked(plan: Plan) -> tuple[Product, Plan]:
    product = _lock(plan.product_id)
    return product, Plan.objects.select_for_update(no_key=True).get(pk=plan.pk)


def _reprice(product: Product) -> None:
    """Let the shelf say what the first plan costs; without one it says what the last one did."""
    plan_offers.forget()
    sold = on_sale(product.pk)
    if sold and sold[0].prices[product.currency] != product.price:
        product.price = sold[0].prices[product.currency]
        product.save(update_fields=["price", "updated_at"])
    plan_offers.forget()


def _forget() -> None:
    plan_offers.forget()
    catalogue.forget()


def _record(actor: Actor, action: str, plan: Plan, facts: Mapping[str, Any]) -> None:
    audit.record(actor, action, ("plan", plan.pk), merchant_id=plan.merchant_id, facts=facts)
