"""Plans are drafted, published and archived; what was published never changes."""

from dataclasses import replace

import pytest
from django.db import DatabaseError, connection, transaction

from audit.models import AuditRow
from kernel.actors import SYSTEM
from kernel.errors import Invalid, NotFound
from kernel.intervals import Unit
from kernel.machine import IllegalMove
from kernel.money import Money
from merchants.errors import (
    BadQuantity,
    CurrencyNotSold,
    LastPlan,
    NoDraft,
    NotAMembership,
    PlanIsArchived,
    PlanMissing,
    SlugTaken,
    TiersNotFalling,
)
from merchants.models import Plan, PlanPrice, PlanVersion, Product
from merchants.services import plans, products, twins
from merchants.services.plans import Terms
from merchants.states import PlanStatus, ProductKind, ProductStatus
from outbox.models import Event
from tests.factories.memberships import MONTHLY, membership, on_shelf, planned
from tests.factories.merchants import PriceTierFactory, ProductFactory, StockBatchFactory, TwinFactory

pytestmark = pytest.mark.django_db

YEARLY = Terms(unit=Unit.YEAR, prices={"CNY": 19_900, "USD": 2_900}, max_quantity=5)
NAMES = {"slug": "monthly", "name_zh": "月付", "name_en": "Monthly"}


@pytest.fixture
def product() -> Product:
    """A draft of a membership."""
    return membership()


@pytest.fixture
def plan(product: Product) -> Plan:
    """A monthly plan of it that is sold."""
    return planned(product)


def test_a_draft_is_not_sold(product: Product):
    plans.create(product, actor=SYSTEM, terms=MONTHLY, **NAMES)
    assert plans.on_sale(product.pk) == ()


def test_publishing_sells_the_plan_and_prices_its_product(product: Product, plan: Plan):
    (offer,) = plans.on_sale(product.pk)
    product.refresh_from_db()
    assert (plan.status, offer.plan_id, product.price) == (PlanStatus.LIVE, plan.pk, 1_900)


def test_publishing_is_told(plan: Plan):
    assert Event.objects.filter(topic="plan.published", subject_id=plan.pk).count() == 1


def test_an_offer_knows_its_price_and_period(product: Product):
    planned(product, YEARLY)
    (offer,) = plans.on_sale(product.pk)
    assert offer.price("USD") == Money(2_900, "USD")
    assert offer.total("USD", 5) == Money(14_500, "USD")
    assert (offer.unit, offer.count, offer.trial_days) == (Unit.YEAR, 1, 0)


def test_a_currency_without_a_price_is_refused(product: Product, plan: Plan):
    with pytest.raises(CurrencyNotSold):
        plans.on_sale(product.pk)[0].price("EUR")


def test_a_quantity_outside_the_plans_bounds_is_refused(product: Product, plan: Plan):
    with pytest.raises(BadQuantity) as refusal:
        plans.on_sale(product.pk)[0].total("CNY", 2)
    assert refusal.value.context == {"least": 1, "most": 1}


def test_a_new_version_is_sold_and_the_old_one_stays(product: Product, plan: Plan):
    (before,) = plans.on_sale(product.pk)
    plans.draft_version(plan, replace(MONTHLY, prices={"CNY": 2_500}), actor=SYSTEM)
    plans.publish(plan, actor=SYSTEM)
    (now,) = plans.on_sale(product.pk)
    assert (now.number, now.prices) == (2, {"CNY": 2_500})
    assert plans.version(before.version_id).prices == {"CNY": 1_900}


def test_a_draft_is_not_a_version_that_was_sold(plan: Plan):
    draft = plans.draft_version(plan, YEARLY, actor=SYSTEM)
    with pytest.raises(NotFound):
        plans.version(draft.pk)


def test_a_plan_has_one_draft(plan: Plan):
    plans.draft_version(plan, YEARLY, actor=SYSTEM)
    plans.draft_version(plan, replace(YEARLY, prices={"CNY": 1}), actor=SYSTEM)
    draft = PlanVersion.objects.get(published_at=None)
    assert (draft.number, [price.amount for price in draft.prices.all()]) == (2, [1])


def test_a_draft_can_be_thrown_away(plan: Plan):
    plans.draft_version(plan, YEARLY, actor=SYSTEM)
    plans.discard(plan, actor=SYSTEM)
    with pytest.raises(NoDraft):
        plans.publish(plan, actor=SYSTEM)


def test_the_order_of_plans_is_the_merchants(product: Product):
    second = planned(product, MONTHLY, position=2)
    first = planned(product, YEARLY, position=1)
    assert [offer.plan_id for offer in plans.on_sale(product.pk)] == [first.pk, second.pk]
    product.refresh_from_db()
    assert product.price == 19_900
    plans.change(first, actor=SYSTEM, position=3)
    product.refresh_from_db()
    assert product.price == 1_900


def test_an_archived_plan_is_not_sold_and_its_version_stays(product: Product, plan: Plan):
    (offer,) = plans.on_sale(product.pk)
    plans.archive(plan, actor=SYSTEM)
    assert plans.on_sale(product.pk) == ()
    assert plans.version(offer.version_id).plan_id == plan.pk
    assert Event.objects.filter(topic="plan.archived", subject_id=plan.pk).exists()


def test_an_archived_plan_comes_back(product: Product, plan: Plan):
    plans.archive(plan, actor=SYSTEM)
    assert plans.restore(plan, actor=SYSTEM).status == PlanStatus.LIVE
    assert len(plans.on_sale(product.pk)) == 1


def test_a_plan_that_was_never_published_comes_back_as_a_draft(product: Product):
    plan = plans.create(product, actor=SYSTEM, terms=MONTHLY, **NAMES)
    plans.archive(plan, actor=SYSTEM)
    with pytest.raises(PlanIsArchived):
        plans.publish(plan, actor=SYSTEM)
    assert plans.restore(plan, actor=SYSTEM).status == PlanStatus.DRAFT


def test_a_live_plan_cannot_be_restored(plan: Plan):
    with pytest.raises(IllegalMove):
        plans.restore(plan, actor=SYSTEM)


def test_the_last_plan_of_a_membership_on_the_shelf_stays():
    product = on_shelf(MONTHLY)
    with pytest.raises(LastPlan):
        plans.archive(product.plans.get(), actor=SYSTEM)
    assert product.plans.get().status == PlanStatus.LIVE


def test_of_two_plans_on_the_shelf_one_may_go():
    product = on_shelf(MONTHLY, YEARLY)
    plans.archive(product.plans.first() or Plan(), actor=SYSTEM)
    product.refresh_from_db()
    assert product.price == 19_900


def test_only_a_membership_has_plans():
    with pytest.raises(NotAMembership):
        plans.create(ProductFactory.create(), actor=SYSTEM, **NAMES)


def test_two_plans_of_a_product_may_not_share_an_address(product: Product, plan: Plan):
    plans.create(product, actor=SYSTEM, **NAMES)
    with pytest.raises(SlugTaken):
        plans.create(product, actor=SYSTEM, **NAMES)
    with pytest.raises(SlugTaken):
        plans.change(plan, actor=SYSTEM, slug="monthly")


@pytest.mark.parametrize(
    ("terms", "field"),
    [
        (replace(MONTHLY, prices={"USD": 100}), "prices"),
        (replace(MONTHLY, prices={"CNY": 0}), "prices"),
        (replace(MONTHLY, count=37), "count"),
        (replace(MONTHLY, trial_days=731), "__all__"),
        (replace(MONTHLY, min_quantity=3, max_quantity=2), "__all__"),
    ],
)
def test_terms_that_do_not_hold_are_refused_and_leave_no_trace(product: Product, terms: Terms, field: str):
    with pytest.raises(Invalid) as refusal:
        plans.create(product, actor=SYSTEM, terms=terms, **NAMES)
    assert field in refusal.value.context["errors"]
    assert not Plan.objects.exists()


def test_every_change_is_in_the_audit_trail(plan: Plan):
    plans.change(plan, actor=SYSTEM, name_en="By the month")
    actions = AuditRow.objects.filter(subject_id=plan.pk).order_by("id").values_list("action", flat=True)
    assert list(actions) == ["plan.created", "plan.drafted", "plan.published", "plan.changed"]


def test_a_membership_without_a_plan_is_not_put_on_sale(product: Product):
    products.sell(ProductKind.MEMBERSHIP)
    with pytest.raises(PlanMissing):
        products.enter(product, ProductStatus.LIVE, actor=SYSTEM)


def test_a_memberships_price_is_that_of_its_plans(product: Product, plan: Plan):
    changed = products.change(product, actor=SYSTEM, price=1, tiers={2: 1}, name_en="Club")
    assert (changed.price, changed.name_en, changed.tiers.count()) == (1_900, "Club", 0)


def test_a_product_of_keys_still_needs_falling_prices():
    with pytest.raises(TiersNotFalling):
        products.change(ProductFactory.create(), actor=SYSTEM, tiers={2: 5_000})


def test_a_twin_gets_the_plans_that_are_sold():
    products.sell(ProductKind.MEMBERSHIP)
    product = on_shelf(MONTHLY, YEARLY)
    twin = twins.copy_store(product.store, TwinFactory.create(twin_of=product.merchant), actor=SYSTEM)
    copied = twin.products.get()
    assert copied.status == ProductStatus.LIVE
    assert [offer.prices for offer in plans.on_sale(copied.pk)] == [
        dict(MONTHLY.prices),
        dict(YEARLY.prices),
    ]


GUARDS = {
    "its terms stay": "UPDATE merchants_planversion SET count = 2",
    "its publication stays": "UPDATE merchants_planversion SET published_at = NULL",
    "a version is kept": "DELETE FROM merchants_planversion",
    "its price stays": "UPDATE merchants_planprice SET amount = amount + 1",
    "its price is kept": "DELETE FROM merchants_planprice",
    "prices are kept whole": "TRUNCATE merchants_planprice",
    "a plan is kept": "DELETE FROM merchants_plan",
    "a live plan is no draft again": "UPDATE merchants_plan SET status = 'draft'",
    "the last plan on the shelf stays": "UPDATE merchants_plan SET status = 'archived'",
    "a membership stays one": "UPDATE merchants_product SET kind = 'card_keys'",
    "on the shelf it has a price": "UPDATE merchants_product SET price = 0",
    "numbers follow each other": """INSERT INTO merchants_planversion (id, merchant_id, plan_id, number, unit,
        count, trial_days, min_quantity, max_quantity, created_at)
        SELECT gen_random_uuid(), merchant_id, id, 3, 'month', 1, 0, 1, 1, now() FROM merchants_plan""",
}


@pytest.mark.parametrize("statement", GUARDS.values(), ids=GUARDS.keys())
def test_the_database_keeps_what_was_published(statement: str):
    on_shelf()
    with (
        pytest.raises(DatabaseError, match=r"refused|violates|needs a plan|never changes|next number"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)


def test_a_published_version_gets_no_further_price(plan: Plan):
    with pytest.raises(DatabaseError, match="never changes"), transaction.atomic():
        PlanPrice.objects.create(version=plan.versions.get(), currency="USD", amount=1)


def test_the_database_publishes_nothing_without_the_products_currency(product: Product):
    plan = plans.create(product, actor=SYSTEM, terms=MONTHLY, **NAMES)
    PlanPrice.objects.update(currency="USD")
    with pytest.raises(DatabaseError, match="in the currency of its product"), transaction.atomic():
        plan.versions.update(published_at=plan.created_at)


def test_the_database_sells_no_plan_without_a_version(product: Product):
    plan = plans.create(product, actor=SYSTEM, terms=MONTHLY, **NAMES)
    with pytest.raises(DatabaseError, match="once a version"), transaction.atomic():
        Plan.objects.filter(pk=plan.pk).update(status=PlanStatus.LIVE)


def test_the_database_puts_no_membership_on_the_shelf_without_a_plan(product: Product):
    with pytest.raises(DatabaseError, match="needs a plan"), transaction.atomic():
        Product.objects.update(status=ProductStatus.LIVE, price=1)


def test_a_membership_has_neither_keys_nor_prices_by_quantity(product: Product):
    for make in (StockBatchFactory, PriceTierFactory):
        with pytest.raises(DatabaseError, match="of another kind"), transaction.atomic():
            make.create(product=product)
