"""The plans of memberships as they are sold and as they were: frozen, and read once for many sales."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from kernel.errors import NotFound
from kernel.intervals import Unit, boundary
from kernel.money import Money
from kernel.recent import Recent
from prepared import Statement

from . import plan_words, revision
from .errors import BadQuantity, CurrencyNotSold
from .models.texts import pick


@dataclass(frozen=True, slots=True)
class PlanOffer:
    """A published version of a plan: `count` times `unit` a period. `prices`: of one, in minor units."""

    version_id: UUID
    plan_id: UUID
    product_id: UUID
    merchant_id: UUID
    slug: str
    names: tuple[str, str]
    number: int
    unit: Unit
    count: int
    trial_days: int
    prices: Mapping[str, int]
    min_quantity: int
    max_quantity: int

    @property
    def name(self) -> str:
        """The plan's name in the reader's language."""
        return pick(*self.names)

    @property
    def period(self) -> str:
        """Its period in words: “month”, “10 days”."""
        return plan_words.period(self.unit, self.count)

    @property
    def trial(self) -> str:
        """What is free first, in words; empty where nothing is."""
        return plan_words.trial(self.trial_days)

    def price(self, currency: str) -> Money:
        """What one costs for one period. Raises CurrencyNotSold."""
        amount = self.prices.get(currency)
        if amount is None:
            raise CurrencyNotSold(currency=currency[:5])
        return Money(amount, currency)

    def total(self, currency: str, quantity: int) -> Money:
        """What `quantity` cost for one period. Raises CurrencyNotSold, or BadQuantity."""
        if not self.min_quantity <= quantity <= self.max_quantity:
            raise BadQuantity(least=self.min_quantity, most=self.max_quantity)
        return self.price(currency) * quantity

    def boundary(self, anchor: datetime, zone: str, step: int) -> datetime:
        """The end of the `step`-th period after `anchor`, in UTC."""
        return boundary(anchor, zone, self.unit, self.count, step)


_READ = """
    SELECT v.id, p.id, p.product_id, p.merchant_id, p.slug, p.name_zh, p.name_en, v.number, v.unit, v.count,
        v.trial_days,
        (SELECT json_object_agg(price.currency, price.amount ORDER BY price.currency)::text
            FROM merchants_planprice price WHERE price.version_id = v.id),
        v.min_quantity, v.max_quantity
    FROM merchants_planversion v JOIN merchants_plan p ON p.id = v.plan_id
    WHERE v.published_at IS NOT NULL AND """
_NEWEST = """p.product_id = $1 AND p.status = 'live' AND v.number = (
        SELECT max(newest.number) FROM merchants_planversion newest
        WHERE newest.plan_id = p.id AND newest.published_at IS NOT NULL)
    ORDER BY p.position, p.id"""
_ON_SALE = Statement(_READ + _NEWEST)
_VERSION = Statement(_READ + "v.id = $1")

_sold: Recent[UUID, tuple[PlanOffer, ...]] = Recent(
    seconds=revision.KEPT_SECONDS, size=10_000, revision=revision.current
)
_versions: Recent[UUID, PlanOffer] = Recent(
    seconds=revision.KEPT_SECONDS, size=10_000, revision=revision.current
)


def on_sale(product_id: UUID) -> tuple[PlanOffer, ...]:
    """The live plans of a product in the merchant's order, each in its newest version; seconds old at most.

    Whether the product itself is for sale, `catalogue.offer` says.
    """
    return _sold.get(product_id, lambda wanted: tuple(map(_offer, _ON_SALE.rows(wanted))))


def version(version_id: UUID) -> PlanOffer:
    """A version that is or was sold; it never changes but for the plan's name. Raises NotFound."""
    return _versions.get(version_id, _load)


def forget() -> None:
    """Read anew from now on, in this process: after a plan was changed here."""
    revision.forget()
    _sold.forget()
    _versions.forget()


def _load(version_id: UUID) -> PlanOffer:
    rows = _VERSION.rows(version_id)
    if not rows:
        raise NotFound(version=str(version_id))
    return _offer(rows[0])


def _offer(row: tuple[Any, ...]) -> PlanOffer:
    *head, zh, en, number, unit, count, trial_days, prices, least, most = row
    version_id, plan_id, product_id, merchant_id, slug = head
    return PlanOffer(
        version_id=version_id,
        plan_id=plan_id,
        product_id=product_id,
        merchant_id=merchant_id,
        slug=slug,
        names=(zh, en),
        number=number,
        unit=Unit(unit),
        count=count,
        trial_days=trial_days,
        prices=orjson.loads(prices or "{}"),
        min_quantity=least,
        max_quantity=most,
    )
