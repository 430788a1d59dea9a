"""Memberships: their plans in versions, entitlements and what was granted; what of it nobody may change."""

from importlib import import_module

import django.core.validators
import django.db.models.deletion
from django.db import migrations, models

import kernel.books
import kernel.ids
import kernel.intervals
import merchants.states

watched = import_module("merchants.migrations.0008_configuration_changes").watched

KEYS = """
ALTER TABLE merchants_plan
    ADD CONSTRAINT plan_product FOREIGN KEY (product_id, merchant_id) REFERENCES merchants_product (id, merchant_id);
ALTER TABLE merchants_planversion
    ADD CONSTRAINT plan_version_plan FOREIGN KEY (merchant_id, plan_id) REFERENCES merchants_plan (merchant_id, id);
ALTER TABLE merchants_planprice
    ADD CONSTRAINT plan_price_version FOREIGN KEY (version_id) REFERENCES merchants_planversion (id)
        ON DELETE CASCADE;
ALTER TABLE merchants_entitlement
    ADD CONSTRAINT entitlement_merchant_book FOREIGN KEY (merchant_id, book)
        REFERENCES merchants_merchant (id, book),
    ADD CONSTRAINT entitlement_store FOREIGN KEY (store_id, merchant_id) REFERENCES merchants_store (id, merchant_id),
    ADD CONSTRAINT entitlement_product FOREIGN KEY (product_id, merchant_id)
        REFERENCES merchants_product (id, merchant_id);
ALTER TABLE merchants_entitlementgrant
    ADD CONSTRAINT grant_entitlement FOREIGN KEY (merchant_id, entitlement_id)
        REFERENCES merchants_entitlement (merchant_id, id);
"""
DROP_KEYS = """
ALTER TABLE merchants_entitlementgrant DROP CONSTRAINT grant_entitlement;
ALTER TABLE merchants_entitlement DROP CONSTRAINT entitlement_product, DROP CONSTRAINT entitlement_store,
    DROP CONSTRAINT entitlement_merchant_book;
ALTER TABLE merchants_planprice DROP CONSTRAINT plan_price_version;
ALTER TABLE merchants_planversion DROP CONSTRAINT plan_version_plan;
ALTER TABLE merchants_plan DROP CONSTRAINT plan_product;
"""

# Plans and entitlements are of memberships; keys and prices by quantity are not.
KINDS = """
CREATE FUNCTION merchants_kind_fits() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM merchants_product p
        WHERE p.id = NEW.product_id AND (p.kind = 'membership') <> (TG_ARGV[0] = 'membership');
    IF FOUND THEN
        RAISE EXCEPTION '% on % refused: the product is of another kind', TG_OP, TG_TABLE_NAME
            USING ERRCODE = 'check_violation', CONSTRAINT = 'product_kind_fits';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER plan_of_membership BEFORE INSERT ON merchants_plan FOR EACH ROW
    EXECUTE FUNCTION merchants_kind_fits('membership');
CREATE TRIGGER entitlement_of_membership BEFORE INSERT ON merchants_entitlement FOR EACH ROW
    EXECUTE FUNCTION merchants_kind_fits('membership');
CREATE TRIGGER stock_of_card_keys BEFORE INSERT ON merchants_stockbatch FOR EACH ROW
    EXECUTE FUNCTION merchants_kind_fits('card_keys');
CREATE TRIGGER tier_of_card_keys BEFORE INSERT ON merchants_pricetier FOR EACH ROW
    EXECUTE FUNCTION merchants_kind_fits('card_keys');
CREATE TRIGGER product_keeps_kind BEFORE UPDATE ON merchants_product FOR EACH ROW
    WHEN (NEW.kind <> OLD.kind) EXECUTE FUNCTION merchants_refuse('a product keeps its kind');
"""
DROP_KINDS = """
DROP TRIGGER product_keeps_kind ON merchants_product;
DROP TRIGGER tier_of_card_keys ON merchants_pricetier;
DROP TRIGGER stock_of_card_keys ON merchants_stockbatch;
DROP TRIGGER entitlement_of_membership ON merchants_entitlement;
DROP TRIGGER plan_of_membership ON merchants_plan;
DROP FUNCTION merchants_kind_fits();
"""

# A membership on the shelf has a plan that is sold. Who takes a plan away waits for who puts its product up.
PLANS = """
CREATE FUNCTION merchants_membership_has_plan() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM merchants_plan WHERE product_id = NEW.id AND status = 'live';
    IF NOT FOUND THEN
        RAISE EXCEPTION 'a membership on the shelf needs a plan that is sold'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'membership_has_plan';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER membership_has_plan BEFORE INSERT OR UPDATE ON merchants_product FOR EACH ROW
    WHEN (NEW.kind = 'membership' AND NEW.status = 'live') EXECUTE FUNCTION merchants_membership_has_plan();

CREATE FUNCTION merchants_plan_left() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    shelf text;
BEGIN
    SELECT status INTO shelf FROM merchants_product WHERE id = OLD.product_id FOR NO KEY UPDATE;
    IF shelf = 'live' AND NOT EXISTS (SELECT FROM merchants_plan p
            WHERE p.product_id = OLD.product_id AND p.status = 'live' AND p.id <> OLD.id) THEN
        RAISE EXCEPTION 'a membership on the shelf needs a plan that is sold'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'membership_has_plan';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER plan_left BEFORE UPDATE ON merchants_plan FOR EACH ROW
    WHEN (OLD.status = 'live' AND NEW.status <> 'live') EXECUTE FUNCTION merchants_plan_left();

CREATE FUNCTION merchants_plan_is_published() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM merchants_planversion WHERE plan_id = NEW.id AND published_at IS NOT NULL;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'a plan is sold once a version of it is published'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'plan_is_published';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER plan_is_published BEFORE UPDATE ON merchants_plan FOR EACH ROW
    WHEN (OLD.status <> 'live' AND NEW.status = 'live') EXECUTE FUNCTION merchants_plan_is_published();
CREATE TRIGGER plan_starts_as_draft BEFORE INSERT ON merchants_plan FOR EACH ROW
    WHEN (NEW.status <> 'draft') EXECUTE FUNCTION merchants_refuse('a plan starts as a draft');
CREATE TRIGGER plan_moves BEFORE UPDATE ON merchants_plan FOR EACH ROW
    WHEN ((NEW.id, NEW.merchant_id, NEW.product_id) IS DISTINCT FROM (OLD.id, OLD.merchant_id, OLD.product_id)
        OR (OLD.status = 'live' AND NEW.status = 'draft'))
    EXECUTE FUNCTION merchants_refuse('a plan keeps its product, and moves only as its states allow');
CREATE TRIGGER plan_is_kept BEFORE DELETE ON merchants_plan FOR EACH ROW
    EXECUTE FUNCTION merchants_refuse('a plan is never deleted');
"""
DROP_PLANS = """
DROP TRIGGER plan_is_kept ON merchants_plan;
DROP TRIGGER plan_moves ON merchants_plan;
DROP TRIGGER plan_starts_as_draft ON merchants_plan;
DROP TRIGGER plan_is_published ON merchants_plan;
DROP FUNCTION merchants_plan_is_published();
DROP TRIGGER plan_left ON merchants_plan;
DROP FUNCTION merchants_plan_left();
DROP TRIGGER membership_has_plan ON merchants_product;
DROP FUNCTION merchants_membership_has_plan();
"""

# What somebody subscribed to stays what it was. The last number is the draft's.
VERSIONS = """
CREATE FUNCTION merchants_plan_version_numbered() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.number <> (SELECT coalesce(max(number), 0) + 1 FROM merchants_planversion WHERE plan_id = NEW.plan_id)
            OR NEW.published_at IS NOT NULL THEN
        RAISE EXCEPTION 'a version starts as a draft, with the next number'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'plan_version_is_next';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER plan_version_is_next BEFORE INSERT ON merchants_planversion FOR EACH ROW
    EXECUTE FUNCTION merchants_plan_version_numbered();
CREATE FUNCTION merchants_plan_version_priced() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM merchants_planprice price
        JOIN merchants_plan plan ON plan.id = NEW.plan_id
        JOIN merchants_product product ON product.id = plan.product_id AND product.currency = price.currency
        WHERE price.version_id = NEW.id;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'a version is published with a price in the currency of its product'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'plan_version_priced';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER plan_version_priced BEFORE UPDATE ON merchants_planversion FOR EACH ROW
    WHEN (OLD.published_at IS NULL AND NEW.published_at IS NOT NULL)
    EXECUTE FUNCTION merchants_plan_version_priced();
CREATE TRIGGER plan_version_is_a_record BEFORE UPDATE ON merchants_planversion FOR EACH ROW
    WHEN (OLD.published_at IS NOT NULL OR (NEW.id, NEW.merchant_id, NEW.plan_id, NEW.number)
        IS DISTINCT FROM (OLD.id, OLD.merchant_id, OLD.plan_id, OLD.number))
    EXECUTE FUNCTION merchants_refuse('a published version never changes; publish another one');
CREATE TRIGGER plan_version_is_kept BEFORE DELETE ON merchants_planversion FOR EACH ROW
    WHEN (OLD.published_at IS NOT NULL)
    EXECUTE FUNCTION merchants_refuse('a published version is never deleted');
CREATE TRIGGER plan_version_is_kept_whole BEFORE TRUNCATE ON merchants_planversion
    EXECUTE FUNCTION merchants_refuse('a published version is never deleted');

CREATE FUNCTION merchants_plan_price_fixed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    published timestamptz;
BEGIN
    SELECT published_at INTO published FROM merchants_planversion
        WHERE id = coalesce(NEW.version_id, OLD.version_id) FOR NO KEY UPDATE;
    IF published IS NOT NULL OR NEW.version_id <> OLD.version_id THEN
        RAISE EXCEPTION 'a price of a published version never changes; publish another one'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'plan_price_fixed';
    END IF;
    RETURN coalesce(NEW, OLD);
END $$;
CREATE TRIGGER plan_price_fixed BEFORE INSERT OR UPDATE OR DELETE ON merchants_planprice FOR EACH ROW
    EXECUTE FUNCTION merchants_plan_price_fixed();
CREATE TRIGGER plan_price_is_kept_whole BEFORE TRUNCATE ON merchants_planprice
    EXECUTE FUNCTION merchants_refuse('a price of a published version is never deleted');
"""
DROP_VERSIONS = """
DROP TRIGGER plan_price_is_kept_whole ON merchants_planprice;
DROP TRIGGER plan_price_fixed ON merchants_planprice;
DROP FUNCTION merchants_plan_price_fixed();
DROP TRIGGER plan_version_is_kept_whole ON merchants_planversion;
DROP TRIGGER plan_version_is_kept ON merchants_planversion;
DROP TRIGGER plan_version_is_a_record ON merchants_planversion;
DROP TRIGGER plan_version_priced ON merchants_planversion;
DROP FUNCTION merchants_plan_version_priced();
DROP TRIGGER plan_version_is_next ON merchants_planversion;
DROP FUNCTION merchants_plan_version_numbered();
"""

# Only the counting of grants, a trigger deep, may write `ends_at`. The entitlement's row is locked before two
# grants are compared, so that of two that overlap one is refused.
GRANTS = """
CREATE TRIGGER entitlement_starts_empty BEFORE INSERT ON merchants_entitlement FOR EACH ROW
    WHEN (NEW.ends_at <> NEW.starts_at OR NEW.revoked_at IS NOT NULL OR NEW.suspended_at IS NOT NULL)
    EXECUTE FUNCTION merchants_refuse('an entitlement starts empty; grants fill it');
CREATE TRIGGER entitlement_is_granted BEFORE UPDATE ON merchants_entitlement FOR EACH ROW
    WHEN (NEW.ends_at <> OLD.ends_at AND pg_trigger_depth() = 0)
    EXECUTE FUNCTION merchants_refuse('the end of an entitlement is that of its grants');
CREATE TRIGGER entitlement_is_a_record BEFORE UPDATE ON merchants_entitlement FOR EACH ROW
    WHEN ((NEW.id, NEW.merchant_id, NEW.book, NEW.store_id, NEW.product_id, NEW.key, NEW.subscription_id,
            NEW.starts_at)
        IS DISTINCT FROM (OLD.id, OLD.merchant_id, OLD.book, OLD.store_id, OLD.product_id, OLD.key,
            OLD.subscription_id, OLD.starts_at)
        OR (OLD.revoked_at IS NOT NULL AND NEW.revoked_at IS DISTINCT FROM OLD.revoked_at))
    EXECUTE FUNCTION merchants_refuse('an entitlement keeps its owner; one that was taken back stays so');
CREATE TRIGGER entitlement_is_kept BEFORE DELETE ON merchants_entitlement FOR EACH ROW
    EXECUTE FUNCTION merchants_refuse('an entitlement is never deleted');
CREATE TRIGGER entitlement_is_kept_whole BEFORE TRUNCATE ON merchants_entitlement
    EXECUTE FUNCTION merchants_refuse('an entitlement is never deleted');

CREATE FUNCTION merchants_grant_begins() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    revoked timestamptz;
BEGIN
    SELECT revoked_at INTO revoked FROM merchants_entitlement WHERE id = NEW.entitlement_id FOR NO KEY UPDATE;
    IF revoked IS NOT NULL OR NEW.revoked_at IS NOT NULL THEN
        RAISE EXCEPTION 'nothing is granted to an entitlement that was taken back'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'grant_begins';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER grant_begins BEFORE INSERT ON merchants_entitlementgrant FOR EACH ROW
    EXECUTE FUNCTION merchants_grant_begins();

CREATE FUNCTION merchants_entitlement_until(of uuid) RETURNS timestamptz LANGUAGE sql STABLE AS $$
    SELECT max(coalesce(revoked_from, ends_at)) FROM merchants_entitlementgrant
    WHERE entitlement_id = of AND (revoked_from IS NULL OR revoked_from > starts_at)
$$;
CREATE FUNCTION merchants_grants_added() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM added a JOIN merchants_entitlementgrant g ON g.entitlement_id = a.entitlement_id AND g.id <> a.id
        WHERE tstzrange(g.starts_at, coalesce(g.revoked_from, g.ends_at)) && tstzrange(a.starts_at, a.ends_at);
    IF FOUND THEN
        RAISE EXCEPTION 'a time is granted once'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'grants_apart';
    END IF;
    UPDATE merchants_entitlement e
        SET ends_at = greatest(e.starts_at, merchants_entitlement_until(e.id)), grace_until = NULL
        WHERE e.id IN (SELECT entitlement_id FROM added);
    RETURN NULL;
END $$;
CREATE TRIGGER grants_added AFTER INSERT ON merchants_entitlementgrant REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION merchants_grants_added();
CREATE FUNCTION merchants_grants_revoked() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE merchants_entitlement e
        SET ends_at = greatest(e.starts_at, merchants_entitlement_until(e.id))
        WHERE e.id IN (SELECT entitlement_id FROM changed);
    RETURN NULL;
END $$;
CREATE TRIGGER grants_revoked AFTER UPDATE ON merchants_entitlementgrant REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION merchants_grants_revoked();
CREATE TRIGGER grant_is_a_record BEFORE UPDATE ON merchants_entitlementgrant FOR EACH ROW
    WHEN (OLD.revoked_at IS NOT NULL
        OR (NEW.id, NEW.merchant_id, NEW.entitlement_id, NEW.invoice_id, NEW.kind, NEW.starts_at, NEW.ends_at,
            NEW.granted_at)
        IS DISTINCT FROM (OLD.id, OLD.merchant_id, OLD.entitlement_id, OLD.invoice_id, OLD.kind, OLD.starts_at,
            OLD.ends_at, OLD.granted_at))
    EXECUTE FUNCTION merchants_refuse('a grant is a record; it can only be taken back, once');
CREATE TRIGGER grant_is_kept BEFORE DELETE ON merchants_entitlementgrant FOR EACH ROW
    EXECUTE FUNCTION merchants_refuse('a grant is never deleted');
CREATE TRIGGER grant_is_kept_whole BEFORE TRUNCATE ON merchants_entitlementgrant
    EXECUTE FUNCTION merchants_refuse('a grant is never deleted');
"""
DROP_GRANTS = """
DROP TRIGGER grant_is_kept_whole ON merchants_entitlementgrant;
DROP TRIGGER grant_is_kept ON merchants_entitlementgrant;
DROP TRIGGER grant_is_a_record ON merchants_entitlementgrant;
DROP TRIGGER grants_revoked ON merchants_entitlementgrant;
DROP FUNCTION merchants_grants_revoked();
DROP TRIGGER grants_added ON merchants_entitlementgrant;
DROP FUNCTION merchants_grants_added();
DROP FUNCTION merchants_entitlement_until(uuid);
DROP TRIGGER grant_begins ON merchants_entitlementgrant;
DROP FUNCTION merchants_grant_begins();
DROP TRIGGER entitlement_is_kept_whole ON merchants_entitlement;
DROP TRIGGER entitlement_is_kept ON merchants_entitlement;
DROP TRIGGER entitlement_is_a_record ON merchants_entitlement;
DROP TRIGGER entitlement_is_granted ON merchants_entitlement;
DROP TRIGGER entitlement_starts_empty ON merchants_entitlement;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("merchants", "0011_coupon_batches"),
    ]

    operations = [
        migrations.CreateModel(
            name="Entitlement",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.ids.new, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("book", models.CharField(choices=[("live", "live"), ("sandbox", "sandbox")], max_length=8)),
                ("key", models.CharField(max_length=22, unique=True)),
                ("contact_key", models.BinaryField(max_length=16)),
                ("buyer_key", models.BinaryField(max_length=16)),
                ("subscription_id", models.UUIDField(blank=True, null=True)),
                ("quantity", models.IntegerField()),
                ("starts_at", models.DateTimeField()),
                ("ends_at", models.DateTimeField()),
                ("grace_until", models.DateTimeField(blank=True, null=True)),
                ("suspended_at", models.DateTimeField(blank=True, null=True)),
                ("revoked_at", models.DateTimeField(blank=True, null=True)),
                ("reason", models.CharField(blank=True, default="", max_length=200)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
            ],
        ),
        migrations.CreateModel(
            name="EntitlementGrant",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.ids.new, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("invoice_id", models.UUIDField(blank=True, null=True)),
                (
                    "kind",
                    models.CharField(
                        choices=[("trial", "trial"), ("paid", "paid"), ("free", "free")], max_length=5
                    ),
                ),
                ("starts_at", models.DateTimeField()),
                ("ends_at", models.DateTimeField()),
                ("granted_at", models.DateTimeField()),
                ("revoked_at", models.DateTimeField(blank=True, null=True)),
                ("revoked_from", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "ordering": ["starts_at", "id"],
            },
        ),
        migrations.CreateModel(
            name="Plan",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.ids.new, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "slug",
                    models.CharField(
                        max_length=60,
                        validators=[django.core.validators.RegexValidator("^[a-z0-9]+(-[a-z0-9]+)*$")],
                    ),
                ),
                ("name_zh", models.CharField(blank=True, max_length=80)),
                ("name_en", models.CharField(blank=True, max_length=80)),
                (
                    "status",
                    models.CharField(
                        choices=[("draft", "draft"), ("live", "live"), ("archived", "archived")],
                        default=merchants.states.PlanStatus["DRAFT"],
                        max_length=8,
                    ),
                ),
                ("position", models.IntegerField(default=0)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
            ],
            options={
                "ordering": ["position", "id"],
            },
        ),
        migrations.CreateModel(
            name="PlanPrice",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("currency", models.CharField(max_length=5)),
                ("amount", models.BigIntegerField()),
            ],
            options={
                "ordering": ["currency"],
            },
        ),
        migrations.CreateModel(
            name="PlanVersion",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.ids.new, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("number", models.IntegerField()),
                (
                    "unit",
                    models.CharField(
                        choices=[
                            ("day", "day"),
                            ("month", "month"),
                            ("quarter", "quarter"),
                            ("year", "year"),
                        ],
                        max_length=7,
                    ),
                ),
                ("count", models.SmallIntegerField()),
                ("trial_days", models.SmallIntegerField(default=0)),
                ("min_quantity", models.IntegerField(default=1)),
                ("max_quantity", models.IntegerField(default=1)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("published_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "ordering": ["number"],
            },
        ),
        migrations.RemoveConstraint(
            model_name="apikey",
            name="api_key_scopes",
        ),
        migrations.RemoveConstraint(
            model_name="product",
            name="product_kind",
        ),
        migrations.RemoveConstraint(
            model_name="product",
            name="product_price",
        ),
        migrations.AlterField(
            model_name="product",
            name="kind",
            field=models.CharField(
                choices=[("card_keys", "card_keys"), ("membership", "membership")],
                default=merchants.states.ProductKind["CARD_KEYS"],
                max_length=12,
            ),
        ),
        migrations.AddConstraint(
            model_name="apikey",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "scopes__contained_by",
                        [
                            "products:read",
                            "products:write",
                            "plans:read",
                            "plans:write",
                            "entitlements:read",
                            "coupons:read",
                            "coupons:write",
                            "stock:read",
                            "stock:write",
                            "orders:read",
                            "orders:write",
                            "keys:read",
                            "payments:read",
                            "refunds:read",
                            "refunds:write",
                            "balance:read",
                            "settlements:read",
                            "payouts:read",
                            "events:read",
                            "webhooks:read",
                            "webhooks:write",
                        ],
                    ),
                    ("scopes__len__gt", 0),
                ),
                name="api_key_scopes",
            ),
        ),
        migrations.AddConstraint(
            model_name="product",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "kind__in",
                        [
                            merchants.states.ProductKind["CARD_KEYS"],
                            merchants.states.ProductKind["MEMBERSHIP"],
                        ],
                    )
                ),
                name="product_kind",
            ),
        ),
        migrations.AddConstraint(
            model_name="product",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("price__lte", 100000000000),
                    models.Q(
                        ("price__gt", 0),
                        models.Q(
                            ("kind", merchants.states.ProductKind["MEMBERSHIP"]),
                            ("price", 0),
                            models.Q(("status", merchants.states.ProductStatus["LIVE"]), _negated=True),
                        ),
                        _connector="OR",
                    ),
                ),
                name="product_price",
            ),
        ),
        migrations.AddField(
            model_name="entitlement",
            name="merchant",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="merchants.merchant",
            ),
        ),
        migrations.AddField(
            model_name="entitlement",
            name="product",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="entitlements",
                to="merchants.product",
            ),
        ),
        migrations.AddField(
            model_name="entitlement",
            name="store",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="merchants.store",
            ),
        ),
        migrations.AddField(
            model_name="entitlementgrant",
            name="entitlement",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="grants",
                to="merchants.entitlement",
            ),
        ),
        migrations.AddField(
            model_name="entitlementgrant",
            name="merchant",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="merchants.merchant",
            ),
        ),
        migrations.AddField(
            model_name="plan",
            name="merchant",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="merchants.merchant",
            ),
        ),
        migrations.AddField(
            model_name="plan",
            name="product",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="plans",
                to="merchants.product",
            ),
        ),
        migrations.AddField(
            model_name="planversion",
            name="merchant",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="merchants.merchant",
            ),
        ),
        migrations.AddField(
            model_name="planversion",
            name="plan",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="versions",
                to="merchants.plan",
            ),
        ),
        migrations.AddField(
            model_name="planprice",
            name="version",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="prices",
                to="merchants.planversion",
            ),
        ),
        migrations.AddIndex(
            model_name="entitlement",
            index=models.Index(fields=["buyer_key", "merchant"], name="entitlement_of_buyer"),
        ),
        migrations.AddIndex(
            model_name="entitlement",
            index=models.Index(fields=["product", "id"], name="entitlement_of_product"),
        ),
        migrations.AddConstraint(
            model_name="entitlement",
            constraint=models.UniqueConstraint(fields=("merchant", "id"), name="entitlement_of_merchant"),
        ),
        migrations.AddConstraint(
            model_name="entitlement",
            constraint=models.UniqueConstraint(
                condition=models.Q(("subscription_id__isnull", False)),
                fields=("subscription_id",),
                name="entitlement_of_subscription",
            ),
        ),
        migrations.AddConstraint(
            model_name="entitlement",
            constraint=models.CheckConstraint(
                condition=models.Q(("book__in", [kernel.books.Book["LIVE"], kernel.books.Book["SANDBOX"]])),
                name="entitlement_book",
            ),
        ),
        migrations.AddConstraint(
            model_name="entitlement",
            constraint=models.CheckConstraint(
                condition=models.Q(("key__regex", "^[0-9A-Za-z]{22}$")), name="entitlement_key"
            ),
        ),
        migrations.AddConstraint(
            model_name="entitlement",
            constraint=models.CheckConstraint(
                condition=models.Q(("quantity__gte", 1), ("quantity__lte", 1000)), name="entitlement_quantity"
            ),
        ),
        migrations.AddConstraint(
            model_name="entitlement",
            constraint=models.CheckConstraint(
                condition=models.Q(("ends_at__gte", models.F("starts_at"))), name="entitlement_times"
            ),
        ),
        migrations.AddConstraint(
            model_name="entitlement",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("grace_until__isnull", True), ("revoked_at__isnull", True), _connector="OR"
                ),
                name="entitlement_grace",
            ),
        ),
        migrations.AddIndex(
            model_name="entitlementgrant",
            index=models.Index(fields=["entitlement", "starts_at"], name="grants_of_entitlement"),
        ),
        migrations.AddConstraint(
            model_name="entitlementgrant",
            constraint=models.UniqueConstraint(
                condition=models.Q(("invoice_id__isnull", False)), fields=("invoice_id",), name="grant_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="entitlementgrant",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "kind__in",
                        [
                            merchants.states.GrantKind["TRIAL"],
                            merchants.states.GrantKind["PAID"],
                            merchants.states.GrantKind["FREE"],
                        ],
                    )
                ),
                name="grant_kind",
            ),
        ),
        migrations.AddConstraint(
            model_name="entitlementgrant",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("kind", merchants.states.GrantKind["FREE"]),
                    ("invoice_id__isnull", False),
                    _connector="OR",
                ),
                name="grant_has_invoice",
            ),
        ),
        migrations.AddConstraint(
            model_name="entitlementgrant",
            constraint=models.CheckConstraint(
                condition=models.Q(("ends_at__gt", models.F("starts_at"))), name="grant_times"
            ),
        ),
        migrations.AddConstraint(
            model_name="entitlementgrant",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("revoked_at__isnull", True), ("revoked_from__isnull", True)),
                    models.Q(
                        ("revoked_at__isnull", False),
                        ("revoked_from__gte", models.F("starts_at")),
                        ("revoked_from__lt", models.F("ends_at")),
                    ),
                    _connector="OR",
                ),
                name="grant_revoked",
            ),
        ),
        migrations.AddConstraint(
            model_name="plan",
            constraint=models.UniqueConstraint(fields=("product", "slug"), name="plan_slug_once"),
        ),
        migrations.AddConstraint(
            model_name="plan",
            constraint=models.UniqueConstraint(fields=("merchant", "id"), name="plan_of_merchant"),
        ),
        migrations.AddConstraint(
            model_name="plan",
            constraint=models.CheckConstraint(
                condition=models.Q(("slug__regex", "^[a-z0-9]+(-[a-z0-9]+)*$")), name="plan_slug"
            ),
        ),
        migrations.AddConstraint(
            model_name="plan",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("name_zh", ""), _negated=True),
                    models.Q(("name_en", ""), _negated=True),
                    _connector="OR",
                ),
                name="plan_named",
            ),
        ),
        migrations.AddConstraint(
            model_name="plan",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "status__in",
                        [
                            merchants.states.PlanStatus["DRAFT"],
                            merchants.states.PlanStatus["LIVE"],
                            merchants.states.PlanStatus["ARCHIVED"],
                        ],
                    )
                ),
                name="plan_status",
            ),
        ),
        migrations.AddConstraint(
            model_name="planversion",
            constraint=models.UniqueConstraint(fields=("plan", "number"), name="plan_version_once"),
        ),
        migrations.AddConstraint(
            model_name="planversion",
            constraint=models.UniqueConstraint(
                condition=models.Q(("published_at__isnull", True)),
                fields=("plan",),
                name="plan_version_one_draft",
            ),
        ),
        migrations.AddConstraint(
            model_name="planversion",
            constraint=models.CheckConstraint(
                condition=models.Q(("number__gte", 1)), name="plan_version_number"
            ),
        ),
        migrations.AddConstraint(
            model_name="planversion",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("count__gte", 1), ("count__lte", 1095), ("unit", kernel.intervals.Unit["DAY"])),
                    models.Q(("count__gte", 1), ("count__lte", 36), ("unit", kernel.intervals.Unit["MONTH"])),
                    models.Q(
                        ("count__gte", 1), ("count__lte", 12), ("unit", kernel.intervals.Unit["QUARTER"])
                    ),
                    models.Q(("count__gte", 1), ("count__lte", 3), ("unit", kernel.intervals.Unit["YEAR"])),
                    _connector="OR",
                ),
                name="plan_version_interval",
            ),
        ),
        migrations.AddConstraint(
            model_name="planversion",
            constraint=models.CheckConstraint(
                condition=models.Q(("trial_days__gte", 0), ("trial_days__lte", 730)),
                name="plan_version_trial",
            ),
        ),
        migrations.AddConstraint(
            model_name="planversion",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("max_quantity__gte", models.F("min_quantity")),
                    ("min_quantity__gte", 1),
                    ("max_quantity__lte", 1000),
                ),
                name="plan_version_quantities",
            ),
        ),
        migrations.AddConstraint(
            model_name="planprice",
            constraint=models.UniqueConstraint(fields=("version", "currency"), name="plan_price_once"),
        ),
        migrations.AddConstraint(
            model_name="planprice",
            constraint=models.CheckConstraint(
                condition=models.Q(("currency__regex", "^[A-Z]{3,5}$")), name="plan_price_currency"
            ),
        ),
        migrations.AddConstraint(
            model_name="planprice",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount__gt", 0), ("amount__lte", 100000000000)), name="plan_price"
            ),
        ),
        migrations.RunSQL(KEYS, DROP_KEYS),
        migrations.RunSQL(KINDS, DROP_KINDS),
        migrations.RunSQL(PLANS, DROP_PLANS),
        migrations.RunSQL(VERSIONS, DROP_VERSIONS),
        migrations.RunSQL(GRANTS, DROP_GRANTS),
        *map(watched, ("merchants_plan", "merchants_planversion", "merchants_planprice")),
    ]
