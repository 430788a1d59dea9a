"""Coupons, their codes and uses; the counters that refuse one use too many; what nobody may change."""

import django.db.models.deletion
from django.db import migrations, models

import kernel.books
import kernel.ids
import merchants.states

KEYS = """
ALTER TABLE merchants_coupon
    ADD CONSTRAINT coupon_merchant_book FOREIGN KEY (merchant_id, book) REFERENCES merchants_merchant (id, book),
    ADD CONSTRAINT coupon_store_merchant FOREIGN KEY (store_id, merchant_id)
        REFERENCES merchants_store (id, merchant_id);
ALTER TABLE merchants_couponproduct
    ADD CONSTRAINT coupon_product_coupon FOREIGN KEY (merchant_id, coupon_id)
        REFERENCES merchants_coupon (merchant_id, id),
    ADD CONSTRAINT coupon_product_product FOREIGN KEY (product_id, merchant_id)
        REFERENCES merchants_product (id, merchant_id);
ALTER TABLE merchants_couponcode
    ADD CONSTRAINT coupon_code_coupon FOREIGN KEY (merchant_id, coupon_id)
        REFERENCES merchants_coupon (merchant_id, id);
ALTER TABLE merchants_couponuse
    ADD CONSTRAINT coupon_use_coupon FOREIGN KEY (coupon_id, merchant_id, book, carrier)
        REFERENCES merchants_coupon (id, merchant_id, book, carrier),
    ADD CONSTRAINT coupon_use_code FOREIGN KEY (code_id, coupon_id) REFERENCES merchants_couponcode (id, coupon_id);
"""
DROP_KEYS = """
ALTER TABLE merchants_couponuse DROP CONSTRAINT coupon_use_code, DROP CONSTRAINT coupon_use_coupon;
ALTER TABLE merchants_couponcode DROP CONSTRAINT coupon_code_coupon;
ALTER TABLE merchants_couponproduct DROP CONSTRAINT coupon_product_product, DROP CONSTRAINT coupon_product_coupon;
ALTER TABLE merchants_coupon DROP CONSTRAINT coupon_store_merchant, DROP CONSTRAINT coupon_merchant_book;
"""

# A use waits for its coupon's row before it looks for a number or is counted: of two for the last use one is
# refused, by a constraint whose name says which limit it is. Counting comes after, so that a row that was not
# written is not counted.
USES = """
CREATE FUNCTION merchants_coupon_use_numbered() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    coupon merchants_coupon;
BEGIN
    SELECT * INTO coupon FROM merchants_coupon WHERE id = NEW.coupon_id FOR NO KEY UPDATE;
    IF coupon.currency NOT IN ('', NEW.currency) THEN
        RAISE EXCEPTION 'a coupon is used in its own currency'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'coupon_use_in_its_currency';
    END IF;
    PERFORM FROM merchants_couponcode c
        WHERE c.id = NEW.code_id AND (c.buyer_key IS NULL OR c.buyer_key = NEW.buyer_key);
    IF NOT FOUND THEN
        RAISE EXCEPTION 'a code that is bound to a buyer is used by that buyer'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'coupon_use_by_its_buyer';
    END IF;
    NEW.ordinal := NULL;
    IF coupon.per_buyer IS NOT NULL THEN
        SELECT s INTO NEW.ordinal FROM generate_series(1, coupon.per_buyer) AS s
            WHERE NOT EXISTS (SELECT FROM merchants_couponuse u
                WHERE u.coupon_id = NEW.coupon_id AND u.buyer_key = NEW.buyer_key AND u.ordinal = s
                    AND u.state IN ('reserved', 'redeemed'))
            ORDER BY s LIMIT 1;
        IF NEW.ordinal IS NULL THEN
            RAISE EXCEPTION 'this buyer has used the coupon as often as one may'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'coupon_use_of_buyer';
        END IF;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER coupon_use_numbered BEFORE INSERT ON merchants_couponuse FOR EACH ROW
    EXECUTE FUNCTION merchants_coupon_use_numbered();
CREATE TRIGGER coupon_use_numbered_again BEFORE UPDATE ON merchants_couponuse FOR EACH ROW
    WHEN (OLD.state = 'returned' AND NEW.state = 'reserved')
    EXECUTE FUNCTION merchants_coupon_use_numbered();

CREATE FUNCTION merchants_coupon_use_counted() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    step integer := CASE WHEN NEW.state = 'returned' THEN -1 ELSE 1 END;
BEGIN
    UPDATE merchants_coupon SET used = used + step WHERE id = NEW.coupon_id;
    UPDATE merchants_couponcode SET used = used + step WHERE id = NEW.code_id;
    RETURN NULL;
END $$;
CREATE TRIGGER coupon_use_counted AFTER INSERT ON merchants_couponuse FOR EACH ROW
    EXECUTE FUNCTION merchants_coupon_use_counted();
CREATE TRIGGER coupon_use_counted_again AFTER UPDATE ON merchants_couponuse FOR EACH ROW
    WHEN ((OLD.state = 'returned') <> (NEW.state = 'returned'))
    EXECUTE FUNCTION merchants_coupon_use_counted();
"""
DROP_USES = """
DROP TRIGGER coupon_use_counted_again ON merchants_couponuse;
DROP TRIGGER coupon_use_counted ON merchants_couponuse;
DROP FUNCTION merchants_coupon_use_counted();
DROP TRIGGER coupon_use_numbered_again ON merchants_couponuse;
DROP TRIGGER coupon_use_numbered ON merchants_couponuse;
DROP FUNCTION merchants_coupon_use_numbered();
"""

# Only the counting above, one trigger deep, may write `used`.
GUARDS = """
CREATE FUNCTION merchants_coupon_carried() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM merchants_merchant m
        WHERE m.id = NEW.merchant_id AND m.settlement_mode IN ('own_supply', 'platform_payout');
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the platform carries a discount only where it holds the merchant''s money'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'coupon_carried_by_platform';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER coupon_is_carried BEFORE INSERT OR UPDATE OF carrier, merchant_id ON merchants_coupon
    FOR EACH ROW WHEN (NEW.carrier = 'platform') EXECUTE FUNCTION merchants_coupon_carried();
CREATE TRIGGER coupon_use_is_carried BEFORE INSERT ON merchants_couponuse
    FOR EACH ROW WHEN (NEW.carrier = 'platform') EXECUTE FUNCTION merchants_coupon_carried();

CREATE FUNCTION merchants_coupon_kept_its_terms() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM merchants_couponuse WHERE coupon_id = OLD.id;
    IF FOUND THEN
        RAISE EXCEPTION 'what a used coupon promises stays so; make another coupon'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'coupon_terms_fixed';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER coupon_keeps_its_terms BEFORE UPDATE ON merchants_coupon FOR EACH ROW
    WHEN ((NEW.store_id, NEW.kind, NEW.amount, NEW.percent, NEW.cap, NEW.minimum, NEW.currency, NEW.carrier,
            NEW.first_order, NEW.stackable)
        IS DISTINCT FROM (OLD.store_id, OLD.kind, OLD.amount, OLD.percent, OLD.cap, OLD.minimum, OLD.currency,
            OLD.carrier, OLD.first_order, OLD.stackable)
        OR coalesce(NEW.per_buyer, 2147483647) < coalesce(OLD.per_buyer, 2147483647))
    EXECUTE FUNCTION merchants_coupon_kept_its_terms();

CREATE TRIGGER coupon_keeps_its_merchant BEFORE UPDATE ON merchants_coupon FOR EACH ROW
    WHEN ((NEW.id, NEW.merchant_id, NEW.book) IS DISTINCT FROM (OLD.id, OLD.merchant_id, OLD.book))
    EXECUTE FUNCTION merchants_refuse('a coupon keeps its merchant');
CREATE TRIGGER coupon_moves BEFORE UPDATE ON merchants_coupon FOR EACH ROW
    WHEN (OLD.status = 'ended' AND NEW.status <> 'ended')
    EXECUTE FUNCTION merchants_refuse('a coupon that was ended stays so');
CREATE TRIGGER coupon_starts_unused BEFORE INSERT ON merchants_coupon FOR EACH ROW
    WHEN (NEW.used <> 0 OR NEW.status <> 'active')
    EXECUTE FUNCTION merchants_refuse('a coupon starts active and unused');
CREATE TRIGGER coupon_is_counted BEFORE UPDATE ON merchants_coupon FOR EACH ROW
    WHEN (NEW.used <> OLD.used AND pg_trigger_depth() = 0)
    EXECUTE FUNCTION merchants_refuse('uses are counted by the uses');

CREATE TRIGGER coupon_code_is_a_record BEFORE UPDATE ON merchants_couponcode FOR EACH ROW
    WHEN ((NEW.id, NEW.coupon_id, NEW.merchant_id, NEW.code, NEW.buyer_key, NEW.batch)
        IS DISTINCT FROM (OLD.id, OLD.coupon_id, OLD.merchant_id, OLD.code, OLD.buyer_key, OLD.batch))
    EXECUTE FUNCTION merchants_refuse('a code is a record; only its limit may change');
CREATE TRIGGER coupon_code_starts_unused BEFORE INSERT ON merchants_couponcode FOR EACH ROW
    WHEN (NEW.used <> 0) EXECUTE FUNCTION merchants_refuse('a code starts unused');
CREATE TRIGGER coupon_code_is_counted BEFORE UPDATE ON merchants_couponcode FOR EACH ROW
    WHEN (NEW.used <> OLD.used AND pg_trigger_depth() = 0)
    EXECUTE FUNCTION merchants_refuse('uses are counted by the uses');

CREATE TRIGGER coupon_use_moves BEFORE UPDATE ON merchants_couponuse FOR EACH ROW
    WHEN (
        (NEW.id, NEW.coupon_id, NEW.code_id, NEW.merchant_id, NEW.book, NEW.order_id, NEW.buyer_key, NEW.discount,
            NEW.currency, NEW.carrier)
        IS DISTINCT FROM (OLD.id, OLD.coupon_id, OLD.code_id, OLD.merchant_id, OLD.book, OLD.order_id,
            OLD.buyer_key, OLD.discount, OLD.currency, OLD.carrier)
        OR (NEW.state <> OLD.state AND NOT (
            (OLD.state = 'reserved' AND NEW.state IN ('redeemed', 'returned'))
            OR (OLD.state = 'redeemed' AND NEW.state = 'returned')
            OR (OLD.state = 'returned' AND NEW.state = 'reserved')))
        OR (NEW.ordinal IS DISTINCT FROM OLD.ordinal AND NOT (OLD.state = 'returned' AND NEW.state = 'reserved'))
    )
    EXECUTE FUNCTION merchants_refuse('a use moves only as its states allow');
CREATE TRIGGER coupon_use_starts_reserved BEFORE INSERT ON merchants_couponuse FOR EACH ROW
    WHEN (NEW.state <> 'reserved') EXECUTE FUNCTION merchants_refuse('a use starts reserved');
CREATE TRIGGER coupon_use_is_kept BEFORE DELETE ON merchants_couponuse FOR EACH ROW
    EXECUTE FUNCTION merchants_refuse('a use is never deleted');
CREATE TRIGGER coupon_use_is_kept_whole BEFORE TRUNCATE ON merchants_couponuse
    EXECUTE FUNCTION merchants_refuse('a use is never deleted');
"""
DROP_GUARDS = """
DROP TRIGGER coupon_use_is_kept_whole ON merchants_couponuse;
DROP TRIGGER coupon_use_is_kept ON merchants_couponuse;
DROP TRIGGER coupon_use_starts_reserved ON merchants_couponuse;
DROP TRIGGER coupon_use_moves ON merchants_couponuse;
DROP TRIGGER coupon_code_is_counted ON merchants_couponcode;
DROP TRIGGER coupon_code_starts_unused ON merchants_couponcode;
DROP TRIGGER coupon_code_is_a_record ON merchants_couponcode;
DROP TRIGGER coupon_is_counted ON merchants_coupon;
DROP TRIGGER coupon_starts_unused ON merchants_coupon;
DROP TRIGGER coupon_moves ON merchants_coupon;
DROP TRIGGER coupon_keeps_its_merchant ON merchants_coupon;
DROP TRIGGER coupon_keeps_its_terms ON merchants_coupon;
DROP FUNCTION merchants_coupon_kept_its_terms();
DROP TRIGGER coupon_use_is_carried ON merchants_couponuse;
DROP TRIGGER coupon_is_carried ON merchants_coupon;
DROP FUNCTION merchants_coupon_carried();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("merchants", "0009_api_key_lineage"),
    ]

    operations = [
        migrations.CreateModel(
            name="Coupon",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.ids.new, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("book", models.CharField(choices=[("live", "live"), ("sandbox", "sandbox")], max_length=8)),
                ("name", models.CharField(max_length=80)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("fixed", "fixed"),
                            ("percentage", "percentage"),
                            ("spend_and_save", "spend_and_save"),
                        ],
                        max_length=14,
                    ),
                ),
                ("amount", models.BigIntegerField(blank=True, null=True)),
                ("percent", models.DecimalField(blank=True, decimal_places=2, max_digits=5, null=True)),
                ("cap", models.BigIntegerField(blank=True, null=True)),
                ("minimum", models.BigIntegerField(blank=True, null=True)),
                ("currency", models.CharField(blank=True, max_length=5)),
                (
                    "carrier",
                    models.CharField(
                        choices=[("merchant", "merchant"), ("platform", "platform")],
                        default=merchants.states.Carrier["MERCHANT"],
                        max_length=8,
                    ),
                ),
                ("first_order", models.BooleanField(default=False)),
                ("per_buyer", models.IntegerField(blank=True, null=True)),
                ("most_uses", models.IntegerField(blank=True, null=True)),
                ("used", models.IntegerField(default=0)),
                ("stackable", models.BooleanField(default=False)),
                ("starts_at", models.DateTimeField(blank=True, null=True)),
                ("ends_at", models.DateTimeField(blank=True, null=True)),
                (
                    "status",
                    models.CharField(
                        choices=[("active", "active"), ("paused", "paused"), ("ended", "ended")],
                        default=merchants.states.CouponStatus["ACTIVE"],
                        max_length=6,
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "merchant",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="coupons",
                        to="merchants.merchant",
                    ),
                ),
                (
                    "store",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="coupons",
                        to="merchants.store",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="CouponCode",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.ids.new, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("code", models.CharField(max_length=32)),
                ("most_uses", models.IntegerField(blank=True, null=True)),
                ("used", models.IntegerField(default=0)),
                ("buyer_key", models.BinaryField(blank=True, max_length=16, null=True)),
                ("batch", models.UUIDField(blank=True, null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "coupon",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="codes",
                        to="merchants.coupon",
                    ),
                ),
                (
                    "merchant",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="merchants.merchant",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="CouponProduct",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "coupon",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="products",
                        to="merchants.coupon",
                    ),
                ),
                (
                    "merchant",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="merchants.merchant",
                    ),
                ),
                (
                    "product",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="merchants.product",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="CouponUse",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.ids.new, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("book", models.CharField(choices=[("live", "live"), ("sandbox", "sandbox")], max_length=8)),
                ("order_id", models.UUIDField()),
                ("buyer_key", models.BinaryField(max_length=16)),
                ("ordinal", models.IntegerField(blank=True, null=True)),
                ("discount", models.BigIntegerField()),
                ("currency", models.CharField(max_length=5)),
                (
                    "carrier",
                    models.CharField(
                        choices=[("merchant", "merchant"), ("platform", "platform")], max_length=8
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("reserved", "reserved"),
                            ("redeemed", "redeemed"),
                            ("returned", "returned"),
                        ],
                        default=merchants.states.UseState["RESERVED"],
                        max_length=8,
                    ),
                ),
                ("reserved_at", models.DateTimeField()),
                ("redeemed_at", models.DateTimeField(blank=True, null=True)),
                ("returned_at", models.DateTimeField(blank=True, null=True)),
                (
                    "code",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="uses",
                        to="merchants.couponcode",
                    ),
                ),
                (
                    "coupon",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="uses",
                        to="merchants.coupon",
                    ),
                ),
                (
                    "merchant",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="merchants.merchant",
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="coupon",
            constraint=models.UniqueConstraint(fields=("merchant", "id"), name="coupon_of_merchant"),
        ),
        migrations.AddConstraint(
            model_name="coupon",
            constraint=models.UniqueConstraint(
                fields=("id", "merchant", "book", "carrier"), name="coupon_agreed"
            ),
        ),
        migrations.AddConstraint(
            model_name="coupon",
            constraint=models.CheckConstraint(
                condition=models.Q(("book__in", [kernel.books.Book["LIVE"], kernel.books.Book["SANDBOX"]])),
                name="coupon_book",
            ),
        ),
        migrations.AddConstraint(
            model_name="coupon",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "kind__in",
                        [
                            merchants.states.CouponKind["FIXED"],
                            merchants.states.CouponKind["PERCENTAGE"],
                            merchants.states.CouponKind["SPEND_AND_SAVE"],
                        ],
                    )
                ),
                name="coupon_kind",
            ),
        ),
        migrations.AddConstraint(
            model_name="coupon",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "carrier__in",
                        [merchants.states.Carrier["MERCHANT"], merchants.states.Carrier["PLATFORM"]],
                    )
                ),
                name="coupon_carrier",
            ),
        ),
        migrations.AddConstraint(
            model_name="coupon",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "status__in",
                        [
                            merchants.states.CouponStatus["ACTIVE"],
                            merchants.states.CouponStatus["PAUSED"],
                            merchants.states.CouponStatus["ENDED"],
                        ],
                    )
                ),
                name="coupon_status",
            ),
        ),
        migrations.AddConstraint(
            model_name="coupon",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("amount__gte", 1),
                        ("amount__isnull", False),
                        ("amount__lte", 100000000000),
                        ("cap__isnull", True),
                        (
                            "kind__in",
                            [
                                merchants.states.CouponKind["FIXED"],
                                merchants.states.CouponKind["SPEND_AND_SAVE"],
                            ],
                        ),
                        ("percent__isnull", True),
                    ),
                    models.Q(
                        ("amount__isnull", True),
                        ("kind", merchants.states.CouponKind["PERCENTAGE"]),
                        ("percent__gt", 0),
                        ("percent__isnull", False),
                        ("percent__lte", 100),
                    ),
                    _connector="OR",
                ),
                name="coupon_terms",
            ),
        ),
        migrations.AddConstraint(
            model_name="coupon",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("cap__isnull", True),
                    models.Q(("cap__gte", 1), ("cap__lte", 100000000000)),
                    _connector="OR",
                ),
                name="coupon_cap",
            ),
        ),
        migrations.AddConstraint(
            model_name="coupon",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("minimum__isnull", True),
                        models.Q(("kind", merchants.states.CouponKind["SPEND_AND_SAVE"]), _negated=True),
                    ),
                    models.Q(("minimum__gte", 1), ("minimum__isnull", False), ("minimum__lte", 100000000000)),
                    _connector="OR",
                ),
                name="coupon_minimum",
            ),
        ),
        migrations.AddConstraint(
            model_name="coupon",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("kind", merchants.states.CouponKind["SPEND_AND_SAVE"]), _negated=True),
                    ("amount__lt", models.F("minimum")),
                    _connector="OR",
                ),
                name="coupon_saves_less_than_spent",
            ),
        ),
        migrations.AddConstraint(
            model_name="coupon",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("currency__regex", "^[A-Z]{3,5}$"),
                    models.Q(
                        ("amount__isnull", True),
                        ("cap__isnull", True),
                        ("currency", ""),
                        ("minimum__isnull", True),
                    ),
                    _connector="OR",
                ),
                name="coupon_currency",
            ),
        ),
        migrations.AddConstraint(
            model_name="coupon",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("per_buyer__isnull", True),
                    models.Q(("per_buyer__gte", 1), ("per_buyer__lte", 1000)),
                    _connector="OR",
                ),
                name="coupon_per_buyer",
            ),
        ),
        migrations.AddConstraint(
            model_name="coupon",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("first_order", False),
                    models.Q(("per_buyer", 1), ("per_buyer__isnull", False)),
                    _connector="OR",
                ),
                name="coupon_first_order_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="coupon",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("used__gte", 0),
                    models.Q(
                        ("most_uses__isnull", True), ("used__lte", models.F("most_uses")), _connector="OR"
                    ),
                ),
                name="coupon_used_up",
            ),
        ),
        migrations.AddConstraint(
            model_name="coupon",
            constraint=models.CheckConstraint(
                condition=models.Q(("most_uses__isnull", True), ("most_uses__gte", 1), _connector="OR"),
                name="coupon_most_uses",
            ),
        ),
        migrations.AddConstraint(
            model_name="coupon",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("starts_at__isnull", True),
                    ("ends_at__isnull", True),
                    ("starts_at__lt", models.F("ends_at")),
                    _connector="OR",
                ),
                name="coupon_window",
            ),
        ),
        migrations.AddIndex(
            model_name="couponcode",
            index=models.Index(
                condition=models.Q(("batch__isnull", False)), fields=["batch"], name="coupon_code_batch"
            ),
        ),
        migrations.AddConstraint(
            model_name="couponcode",
            constraint=models.UniqueConstraint(fields=("merchant", "code"), name="coupon_code_once"),
        ),
        migrations.AddConstraint(
            model_name="couponcode",
            constraint=models.UniqueConstraint(fields=("id", "coupon"), name="coupon_code_of_coupon"),
        ),
        migrations.AddConstraint(
            model_name="couponcode",
            constraint=models.CheckConstraint(
                condition=models.Q(("code__regex", "^[A-Z0-9]{3,32}$")), name="coupon_code"
            ),
        ),
        migrations.AddConstraint(
            model_name="couponcode",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("used__gte", 0),
                    models.Q(
                        ("most_uses__isnull", True), ("used__lte", models.F("most_uses")), _connector="OR"
                    ),
                ),
                name="coupon_code_used_up",
            ),
        ),
        migrations.AddConstraint(
            model_name="couponcode",
            constraint=models.CheckConstraint(
                condition=models.Q(("most_uses__isnull", True), ("most_uses__gte", 1), _connector="OR"),
                name="coupon_code_most_uses",
            ),
        ),
        migrations.AddConstraint(
            model_name="couponproduct",
            constraint=models.UniqueConstraint(fields=("coupon", "product"), name="coupon_product_once"),
        ),
        migrations.AddIndex(
            model_name="couponuse",
            index=models.Index(fields=["coupon", "id"], name="coupon_uses"),
        ),
        migrations.AddIndex(
            model_name="couponuse",
            index=models.Index(fields=["code"], name="coupon_uses_of_code"),
        ),
        migrations.AddConstraint(
            model_name="couponuse",
            constraint=models.UniqueConstraint(fields=("order_id", "coupon"), name="coupon_use_once"),
        ),
        migrations.AddConstraint(
            model_name="couponuse",
            constraint=models.UniqueConstraint(
                condition=models.Q(
                    (
                        "state__in",
                        [merchants.states.UseState["REDEEMED"], merchants.states.UseState["RESERVED"]],
                    ),
                    ("ordinal__isnull", False),
                ),
                fields=("coupon", "buyer_key", "ordinal"),
                name="coupon_use_of_buyer",
            ),
        ),
        migrations.AddConstraint(
            model_name="couponuse",
            constraint=models.CheckConstraint(
                condition=models.Q(("book__in", [kernel.books.Book["LIVE"], kernel.books.Book["SANDBOX"]])),
                name="coupon_use_book",
            ),
        ),
        migrations.AddConstraint(
            model_name="couponuse",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "state__in",
                        [
                            merchants.states.UseState["RESERVED"],
                            merchants.states.UseState["REDEEMED"],
                            merchants.states.UseState["RETURNED"],
                        ],
                    )
                ),
                name="coupon_use_state",
            ),
        ),
        migrations.AddConstraint(
            model_name="couponuse",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "carrier__in",
                        [merchants.states.Carrier["MERCHANT"], merchants.states.Carrier["PLATFORM"]],
                    )
                ),
                name="coupon_use_carrier",
            ),
        ),
        migrations.AddConstraint(
            model_name="couponuse",
            constraint=models.CheckConstraint(
                condition=models.Q(("currency__regex", "^[A-Z]{3,5}$")), name="coupon_use_currency"
            ),
        ),
        migrations.AddConstraint(
            model_name="couponuse",
            constraint=models.CheckConstraint(
                condition=models.Q(("discount__gte", 1)), name="coupon_use_discount"
            ),
        ),
        migrations.AddConstraint(
            model_name="couponuse",
            constraint=models.CheckConstraint(
                condition=models.Q(("ordinal__isnull", True), ("ordinal__gte", 1), _connector="OR"),
                name="coupon_use_ordinal",
            ),
        ),
        migrations.AddConstraint(
            model_name="couponuse",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("redeemed_at__isnull", False),
                    models.Q(("state", merchants.states.UseState["REDEEMED"]), _negated=True),
                    _connector="OR",
                ),
                name="coupon_use_redeemed_at",
            ),
        ),
        migrations.AddConstraint(
            model_name="couponuse",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("returned_at__isnull", False),
                    models.Q(("state", merchants.states.UseState["RETURNED"]), _negated=True),
                    _connector="OR",
                ),
                name="coupon_use_returned_at",
            ),
        ),
        migrations.RunSQL(KEYS, DROP_KEYS),
        migrations.RunSQL(USES, DROP_USES),
        migrations.RunSQL(GUARDS, DROP_GUARDS),
    ]
