"""The tables of memberships; composite keys that keep tenants and books together; guards."""

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.expressions
from django.db import migrations, models

import kernel.books
import kernel.ids
import payments.states
import payments.subscriptions.models.policy
import payments.subscriptions.states

# Rows of one merchant, book and currency, by key alone.
COMPOSITE_KEYS = """
ALTER TABLE subscriptions_subscription
    ADD CONSTRAINT subscription_merchant_book FOREIGN KEY (merchant_id, book)
        REFERENCES merchants_merchant (id, book),
    ADD CONSTRAINT subscription_store_merchant FOREIGN KEY (store_id, merchant_id)
        REFERENCES merchants_store (id, merchant_id),
    ADD CONSTRAINT subscription_product_merchant FOREIGN KEY (product_id, merchant_id)
        REFERENCES merchants_product (id, merchant_id);
ALTER TABLE subscriptions_mandate
    ADD CONSTRAINT mandate_of_subscription FOREIGN KEY (merchant_id, subscription_id, book, currency)
        REFERENCES subscriptions_subscription (merchant_id, id, book, currency),
    ADD CONSTRAINT mandate_account_merchant_book FOREIGN KEY (account_id, merchant_id, book)
        REFERENCES payments_channelaccount (id, merchant_id, book);
ALTER TABLE subscriptions_invoice
    ADD CONSTRAINT invoice_of_subscription FOREIGN KEY (merchant_id, subscription_id, book, currency)
        REFERENCES subscriptions_subscription (merchant_id, id, book, currency),
    ADD CONSTRAINT invoice_agrees_with_order FOREIGN KEY (merchant_id, order_id, book, currency, total)
        REFERENCES payments_order (merchant_id, id, book, currency, total);
ALTER TABLE subscriptions_recurringchange
    ADD CONSTRAINT recurring_of_subscription FOREIGN KEY (merchant_id, subscription_id, book, currency)
        REFERENCES subscriptions_subscription (merchant_id, id, book, currency);
ALTER TABLE payments_order
    ADD CONSTRAINT order_of_subscription FOREIGN KEY (merchant_id, subscription_id, book, currency)
        REFERENCES subscriptions_subscription (merchant_id, id, book, currency) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE payments_payment
    ADD CONSTRAINT payment_of_mandate FOREIGN KEY (merchant_id, mandate_id, book, account_id)
        REFERENCES subscriptions_mandate (merchant_id, id, book, account_id);
"""
DROP_COMPOSITE_KEYS = """
ALTER TABLE payments_payment DROP CONSTRAINT payment_of_mandate;
ALTER TABLE payments_order DROP CONSTRAINT order_of_subscription;
ALTER TABLE subscriptions_recurringchange DROP CONSTRAINT recurring_of_subscription;
ALTER TABLE subscriptions_invoice DROP CONSTRAINT invoice_of_subscription,
    DROP CONSTRAINT invoice_agrees_with_order;
ALTER TABLE subscriptions_mandate DROP CONSTRAINT mandate_of_subscription,
    DROP CONSTRAINT mandate_account_merchant_book;
ALTER TABLE subscriptions_subscription DROP CONSTRAINT subscription_merchant_book,
    DROP CONSTRAINT subscription_store_merchant, DROP CONSTRAINT subscription_product_merchant;
"""

# The tables of states.py as they are now; a test keeps the two alike.
MOVES = {
    "subscription": """
        incomplete>trialing incomplete>active incomplete>ended trialing>active trialing>past_due trialing>paused
        trialing>ended active>past_due active>paused active>ended past_due>active past_due>ended
        paused>active paused>past_due paused>ended""",
    "invoice": "open>paid open>void",
    "mandate": "offered>active offered>ended active>suspended active>ended suspended>active suspended>ended",
    "price_change": "offered>accepted offered>declined offered>lapsed",
}
_TABLES = {"price_change": "pricechange"}
_STARTS = {"subscription": "incomplete", "invoice": "open", "mandate": "offered", "price_change": "offered"}


def _may(machine: str) -> str:
    table = "subscriptions_" + _TABLES.get(machine, machine)
    return f"""
CREATE FUNCTION subscriptions_{machine}_may(source text, target text) RETURNS boolean IMMUTABLE
    LANGUAGE plpgsql AS $$ BEGIN RETURN source || '>' || target = ANY
    ('{{{",".join(MOVES[machine].split())}}}'::text[]); END $$;
CREATE TRIGGER {machine}_starts BEFORE INSERT ON {table} FOR EACH ROW
    WHEN (NEW.state <> '{_STARTS[machine]}')
    EXECUTE FUNCTION payments_refuse('a {machine} starts {_STARTS[machine]}');
CREATE TRIGGER {machine}_moves BEFORE UPDATE OF state ON {table} FOR EACH ROW
    WHEN (NEW.state <> OLD.state AND NOT subscriptions_{machine}_may(OLD.state, NEW.state))
    EXECUTE FUNCTION payments_refuse('a {machine} moves only as its table allows');
CREATE TRIGGER {machine}_is_kept BEFORE DELETE ON {table} FOR EACH ROW
    EXECUTE FUNCTION payments_refuse('a {machine} is never deleted');
"""


def _drop_may(machine: str) -> str:
    table = "subscriptions_" + _TABLES.get(machine, machine)
    triggers = "".join(
        f"DROP TRIGGER {machine}_{name} ON {table};\n" for name in ("starts", "moves", "is_kept")
    )
    return triggers + f"DROP FUNCTION subscriptions_{machine}_may(text, text);\n"


def _agreed(table: str, name: str, columns: str) -> str:
    names = columns.split()
    new, old = (", ".join(f"{row}.{column}" for column in names) for row in ("NEW", "OLD"))
    return f"""
CREATE TRIGGER {name} BEFORE UPDATE OF {", ".join(names)} ON {table} FOR EACH ROW
    WHEN (({new}) IS DISTINCT FROM ({old}))
    EXECUTE FUNCTION payments_refuse('what was agreed never changes');
"""


_RULES = """
CREATE TRIGGER recurring_is_not_deleted BEFORE DELETE ON subscriptions_recurringchange FOR EACH ROW
    EXECUTE FUNCTION payments_refuse('the log of revenue is never shortened');
CREATE TRIGGER subscription_counts_up BEFORE UPDATE OF period, noticed ON subscriptions_subscription FOR EACH ROW
    WHEN (NEW.period < OLD.period OR NEW.noticed < OLD.noticed OR OLD.had_trial AND NOT NEW.had_trial)
    EXECUTE FUNCTION payments_refuse('periods are counted up');
CREATE TRIGGER invoice_times_are_facts BEFORE UPDATE OF period_starts, period_ends ON subscriptions_invoice
    FOR EACH ROW WHEN (OLD.state <> 'open' AND (NEW.period_starts, NEW.period_ends)
        IS DISTINCT FROM (OLD.period_starts, OLD.period_ends))
    EXECUTE FUNCTION payments_refuse('a period that was granted is a fact');
CREATE TRIGGER mandate_keeps_end BEFORE UPDATE ON subscriptions_mandate FOR EACH ROW
    WHEN (OLD.state = 'ended' AND (NEW.handle, NEW.ended_at, NEW.ended_by, NEW.consent_id, NEW.limit_amount)
        IS DISTINCT FROM (OLD.handle, OLD.ended_at, OLD.ended_by, OLD.consent_id, OLD.limit_amount))
    EXECUTE FUNCTION payments_refuse('an ended mandate stays as it ended');

CREATE FUNCTION subscriptions_invoice_is_paid() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM payments_order o WHERE o.id = NEW.order_id AND o.paid_at IS NOT NULL
        AND o.subscription_id = NEW.subscription_id;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'an invoice is paid by its order' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER invoice_is_paid AFTER UPDATE OF state ON subscriptions_invoice
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (NEW.state = 'paid' AND NEW.order_id IS NOT NULL) EXECUTE FUNCTION subscriptions_invoice_is_paid();

CREATE FUNCTION subscriptions_order_is_invoiced() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM subscriptions_invoice i WHERE i.order_id = NEW.id AND i.subscription_id = NEW.subscription_id;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'an order of a subscription is one invoice''s' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER order_is_invoiced AFTER INSERT ON payments_order
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (NEW.subscription_id IS NOT NULL) EXECUTE FUNCTION subscriptions_order_is_invoiced();

CREATE FUNCTION subscriptions_mandate_allows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM subscriptions_mandate m JOIN payments_order o ON o.id = NEW.order_id
    WHERE m.id = NEW.mandate_id AND m.state = 'active' AND m.currency = NEW.currency
        AND m.limit_amount >= NEW.amount AND m.subscription_id = o.subscription_id
        AND o.payment_state = 'pending';
    IF NOT FOUND THEN
        RAISE EXCEPTION 'mandate_allows: nobody agreed to this charge' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER mandate_allows BEFORE INSERT ON payments_payment FOR EACH ROW
    WHEN (NEW.mandate_id IS NOT NULL) EXECUTE FUNCTION subscriptions_mandate_allows();

CREATE FUNCTION subscriptions_policy_is_sane() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.retry_days <> (SELECT array_agg(DISTINCT day ORDER BY day) FROM unnest(NEW.retry_days) AS day)
        OR NEW.retry_days[1] <> 0 OR NEW.retry_days[array_upper(NEW.retry_days, 1)] > 30
        OR array_upper(NEW.retry_days, 1) IS NULL
    THEN
        RAISE EXCEPTION 'the days of a schedule go up, from 0 to 30 at most' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER policy_is_sane BEFORE INSERT OR UPDATE ON subscriptions_policy FOR EACH ROW
    EXECUTE FUNCTION subscriptions_policy_is_sane();
"""
GUARDS = (
    _agreed(
        "subscriptions_subscription",
        "subscription_is_agreed",
        "id merchant_id book store_id product_id currency contact_key token form_key created_at",
    )
    + _agreed(
        "subscriptions_invoice",
        "invoice_is_agreed",
        "id subscription_id merchant_id book number kind period version_id quantity unit_price lines subtotal"
        " discount balance_used total currency order_id created_at",
    )
    + _agreed(
        "subscriptions_mandate",
        "mandate_is_agreed",
        "id merchant_id book subscription_id account_id method contact_key currency created_at",
    )
    + _agreed(
        "subscriptions_recurringchange",
        "recurring_is_kept",
        "id subscription_id merchant_id book currency at kind before after",
    )
    + _agreed(
        "subscriptions_pricechange",
        "price_change_is_agreed",
        "id subscription_id to_version_id old_price new_price effective_from offered_at",
    )
    + _RULES
)
DROP_GUARDS = """
DROP TRIGGER policy_is_sane ON subscriptions_policy;
DROP FUNCTION subscriptions_policy_is_sane();
DROP TRIGGER mandate_allows ON payments_payment;
DROP FUNCTION subscriptions_mandate_allows();
DROP TRIGGER order_is_invoiced ON payments_order;
DROP FUNCTION subscriptions_order_is_invoiced();
DROP TRIGGER invoice_is_paid ON subscriptions_invoice;
DROP FUNCTION subscriptions_invoice_is_paid();
DROP TRIGGER mandate_keeps_end ON subscriptions_mandate;
DROP TRIGGER invoice_times_are_facts ON subscriptions_invoice;
DROP TRIGGER subscription_counts_up ON subscriptions_subscription;
DROP TRIGGER recurring_is_not_deleted ON subscriptions_recurringchange;
DROP TRIGGER price_change_is_agreed ON subscriptions_pricechange;
DROP TRIGGER recurring_is_kept ON subscriptions_recurringchange;
DROP TRIGGER mandate_is_agreed ON subscriptions_mandate;
DROP TRIGGER invoice_is_agreed ON subscriptions_invoice;
DROP TRIGGER subscription_is_agreed ON subscriptions_subscription;
"""


class Migration(migrations.Migration):
    """Memberships."""

    initial = True

    dependencies = [
        ("buyers", "0001_initial"),
        ("merchants", "0011_coupon_batches"),
        ("payments", "0013_subscriptions"),
    ]

    operations = [
        migrations.CreateModel(
            name="Mandate",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.ids.new, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("book", models.CharField(choices=[("live", "live"), ("sandbox", "sandbox")], max_length=8)),
                ("method", models.CharField(max_length=24)),
                ("contact_key", models.BinaryField(max_length=16)),
                ("buyer_key", models.BinaryField(max_length=16)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("offered", "offered"),
                            ("active", "active"),
                            ("suspended", "suspended"),
                            ("ended", "ended"),
                        ],
                        default=payments.subscriptions.states.MandateState["OFFERED"],
                        max_length=9,
                    ),
                ),
                ("handle", models.CharField(blank=True, default="", max_length=160)),
                ("label", models.CharField(blank=True, default="", max_length=80)),
                ("expires_on", models.DateField(null=True)),
                ("currency", models.CharField(max_length=5)),
                ("limit_amount", models.BigIntegerField()),
                ("agreed_at", models.DateTimeField(null=True)),
                ("page", models.CharField(blank=True, default="", max_length=120)),
                ("page_url", models.TextField(blank=True, default="")),
                ("ask_at", models.DateTimeField(null=True)),
                ("asked", models.SmallIntegerField(default=0)),
                ("created_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
                ("ended_by", models.CharField(blank=True, default="", max_length=8)),
                ("end_reason", models.CharField(blank=True, default="", max_length=40)),
                (
                    "account",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="payments.channelaccount",
                    ),
                ),
                (
                    "consent",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="buyers.consent",
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
                    "payment",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="payments.payment",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Policy",
            fields=[
                (
                    "merchant",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="merchants.merchant",
                    ),
                ),
                (
                    "retry_days",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.SmallIntegerField(),
                        default=payments.subscriptions.models.policy.default_retry_days,
                        size=None,
                    ),
                ),
                ("grace_days", models.SmallIntegerField(default=3)),
                ("notice_days", models.SmallIntegerField(null=True)),
                ("may_pause", models.BooleanField(default=True)),
                ("may_change", models.BooleanField(default=True)),
                (
                    "cancel_now",
                    models.CharField(
                        choices=[
                            ("no", "no"),
                            ("without_refund", "without_refund"),
                            ("prorated", "prorated"),
                        ],
                        default=payments.subscriptions.states.CancelNow["NO"],
                        max_length=14,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("grace_days__gte", 0), ("grace_days__lte", 30)),
                        name="policy_grace",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("notice_days__isnull", True),
                            models.Q(("notice_days__gte", 1), ("notice_days__lte", 30)),
                            _connector="OR",
                        ),
                        name="policy_notice",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "cancel_now__in",
                                [
                                    payments.subscriptions.states.CancelNow["NO"],
                                    payments.subscriptions.states.CancelNow["WITHOUT_REFUND"],
                                    payments.subscriptions.states.CancelNow["PRORATED"],
                                ],
                            )
                        ),
                        name="policy_cancel_now",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Subscription",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.ids.new, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("book", models.CharField(choices=[("live", "live"), ("sandbox", "sandbox")], max_length=8)),
                ("version_id", models.UUIDField()),
                ("quantity", models.IntegerField()),
                ("currency", models.CharField(max_length=5)),
                ("unit_price", models.BigIntegerField()),
                ("title", models.CharField(max_length=120)),
                ("contact", models.BinaryField()),
                ("contact_key", models.BinaryField(max_length=16)),
                ("buyer_key", models.BinaryField(max_length=16)),
                ("address_key", models.BinaryField(max_length=16)),
                ("language", models.CharField(max_length=10)),
                (
                    "device",
                    models.CharField(
                        choices=[
                            ("desktop", "desktop"),
                            ("mobile", "mobile"),
                            ("wechat", "wechat"),
                            ("alipay", "alipay"),
                        ],
                        max_length=8,
                    ),
                ),
                ("token", models.CharField(max_length=23)),
                ("form_key", models.UUIDField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("incomplete", "incomplete"),
                            ("trialing", "trialing"),
                            ("active", "active"),
                            ("past_due", "past_due"),
                            ("paused", "paused"),
                            ("ended", "ended"),
                        ],
                        default=payments.subscriptions.states.SubscriptionState["INCOMPLETE"],
                        max_length=10,
                    ),
                ),
                ("zone", models.CharField(max_length=40)),
                ("anchor_at", models.DateTimeField(null=True)),
                ("step", models.IntegerField(default=0)),
                ("period", models.IntegerField(default=0)),
                ("period_starts", models.DateTimeField(null=True)),
                ("period_ends", models.DateTimeField(null=True)),
                ("period_value", models.BigIntegerField(default=0)),
                ("trial_ends", models.DateTimeField(null=True)),
                ("had_trial", models.BooleanField(default=False)),
                ("balance", models.BigIntegerField(default=0)),
                ("recurring", models.DecimalField(decimal_places=6, default=0, max_digits=20)),
                ("cancel_at_end", models.BooleanField(default=False)),
                ("cancel_reason", models.CharField(blank=True, default="", max_length=200)),
                ("pause_at_end", models.BooleanField(default=False)),
                ("resume_at", models.DateTimeField(null=True)),
                ("next_version_id", models.UUIDField(null=True)),
                ("next_quantity", models.IntegerField(null=True)),
                ("next_unit_price", models.BigIntegerField(null=True)),
                ("method", models.CharField(max_length=24)),
                ("due_at", models.DateTimeField(null=True)),
                ("noticed", models.IntegerField(default=0)),
                ("past_due_since", models.DateTimeField(null=True)),
                ("tries", models.SmallIntegerField(default=0)),
                ("needs_buyer", models.BooleanField(default=False)),
                ("hard", models.BooleanField(default=False)),
                ("entitlement_id", models.UUIDField(null=True)),
                ("created_at", models.DateTimeField()),
                ("started_at", models.DateTimeField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
                (
                    "end_reason",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("", ""),
                            ("cancelled", "cancelled"),
                            ("unpaid", "unpaid"),
                            ("never_paid", "never_paid"),
                            ("refunded", "refunded"),
                            ("rejected", "rejected"),
                        ],
                        default=payments.subscriptions.states.EndReason["NONE"],
                        max_length=10,
                    ),
                ),
                (
                    "mandate",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="subscriptions.mandate",
                    ),
                ),
                (
                    "merchant",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="subscriptions",
                        to="merchants.merchant",
                    ),
                ),
                (
                    "product",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="subscriptions",
                        to="merchants.product",
                    ),
                ),
                (
                    "store",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="subscriptions",
                        to="merchants.store",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="RecurringChange",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.ids.new, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("book", models.CharField(choices=[("live", "live"), ("sandbox", "sandbox")], max_length=8)),
                ("currency", models.CharField(max_length=5)),
                ("at", models.DateTimeField()),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("new", "new"),
                            ("expansion", "expansion"),
                            ("contraction", "contraction"),
                            ("churn", "churn"),
                            ("reactivation", "reactivation"),
                        ],
                        max_length=12,
                    ),
                ),
                ("before", models.DecimalField(decimal_places=6, max_digits=20)),
                ("after", models.DecimalField(decimal_places=6, max_digits=20)),
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
                    "subscription",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="recurring_changes",
                        to="subscriptions.subscription",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="PriceChange",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.ids.new, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("to_version_id", models.UUIDField()),
                ("old_price", models.BigIntegerField()),
                ("new_price", models.BigIntegerField()),
                ("effective_from", models.DateTimeField()),
                ("offered_at", models.DateTimeField()),
                ("answered_at", models.DateTimeField(null=True)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("offered", "offered"),
                            ("accepted", "accepted"),
                            ("declined", "declined"),
                            ("lapsed", "lapsed"),
                        ],
                        default=payments.subscriptions.states.PriceChangeState["OFFERED"],
                        max_length=8,
                    ),
                ),
                (
                    "subscription",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="price_changes",
                        to="subscriptions.subscription",
                    ),
                ),
            ],
        ),
        migrations.AddField(
            model_name="mandate",
            name="subscription",
            field=models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="mandates",
                to="subscriptions.subscription",
            ),
        ),
        migrations.CreateModel(
            name="Invoice",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.ids.new, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("book", models.CharField(choices=[("live", "live"), ("sandbox", "sandbox")], max_length=8)),
                ("number", models.IntegerField()),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("start", "start"),
                            ("trial", "trial"),
                            ("renewal", "renewal"),
                            ("change", "change"),
                        ],
                        max_length=8,
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[("open", "open"), ("paid", "paid"), ("void", "void")],
                        default=payments.subscriptions.states.InvoiceState["OPEN"],
                        max_length=4,
                    ),
                ),
                ("period", models.IntegerField(null=True)),
                ("period_starts", models.DateTimeField(null=True)),
                ("period_ends", models.DateTimeField(null=True)),
                ("version_id", models.UUIDField()),
                ("quantity", models.IntegerField()),
                ("unit_price", models.BigIntegerField()),
                ("lines", models.JSONField()),
                ("subtotal", models.BigIntegerField()),
                ("discount", models.BigIntegerField(default=0)),
                ("balance_used", models.BigIntegerField(default=0)),
                ("total", models.BigIntegerField()),
                ("currency", models.CharField(max_length=5)),
                ("created_at", models.DateTimeField()),
                ("due_at", models.DateTimeField()),
                ("paid_at", models.DateTimeField(null=True)),
                ("voided_at", models.DateTimeField(null=True)),
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
                    "order",
                    models.OneToOneField(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="subscription_invoice",
                        to="payments.order",
                    ),
                ),
                (
                    "subscription",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="invoices",
                        to="subscriptions.subscription",
                    ),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name="subscription",
            index=models.Index(
                condition=models.Q(("due_at__isnull", False)),
                fields=["book", "due_at"],
                name="subscription_due",
            ),
        ),
        migrations.AddIndex(
            model_name="subscription",
            index=models.Index(fields=["buyer_key", "-id"], name="subscription_of_buyer"),
        ),
        migrations.AddIndex(
            model_name="subscription",
            index=models.Index(fields=["merchant", "contact_key"], name="subscription_of_contact"),
        ),
        migrations.AddIndex(
            model_name="subscription",
            index=models.Index(fields=["merchant", "state", "-id"], name="subscription_of_state"),
        ),
        migrations.AddConstraint(
            model_name="subscription",
            constraint=models.UniqueConstraint(
                fields=("merchant", "id", "book", "currency"), name="subscription_agreed"
            ),
        ),
        migrations.AddConstraint(
            model_name="subscription",
            constraint=models.UniqueConstraint(fields=("token",), name="subscription_token_once"),
        ),
        migrations.AddConstraint(
            model_name="subscription",
            constraint=models.UniqueConstraint(fields=("store", "form_key"), name="subscription_form_once"),
        ),
        migrations.AddConstraint(
            model_name="subscription",
            constraint=models.UniqueConstraint(
                condition=models.Q(("had_trial", True)),
                fields=("product", "buyer_key"),
                name="subscription_trial_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="subscription",
            constraint=models.CheckConstraint(
                condition=models.Q(("book__in", [kernel.books.Book["LIVE"], kernel.books.Book["SANDBOX"]])),
                name="subscription_book",
            ),
        ),
        migrations.AddConstraint(
            model_name="subscription",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "device__in",
                        [
                            payments.states.Device["DESKTOP"],
                            payments.states.Device["MOBILE"],
                            payments.states.Device["WECHAT"],
                            payments.states.Device["ALIPAY"],
                        ],
                    )
                ),
                name="subscription_device",
            ),
        ),
        migrations.AddConstraint(
            model_name="subscription",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "state__in",
                        [
                            payments.subscriptions.states.SubscriptionState["INCOMPLETE"],
                            payments.subscriptions.states.SubscriptionState["TRIALING"],
                            payments.subscriptions.states.SubscriptionState["ACTIVE"],
                            payments.subscriptions.states.SubscriptionState["PAST_DUE"],
                            payments.subscriptions.states.SubscriptionState["PAUSED"],
                            payments.subscriptions.states.SubscriptionState["ENDED"],
                        ],
                    )
                ),
                name="subscription_state",
            ),
        ),
        migrations.AddConstraint(
            model_name="subscription",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "end_reason__in",
                        [
                            payments.subscriptions.states.EndReason["NONE"],
                            payments.subscriptions.states.EndReason["CANCELLED"],
                            payments.subscriptions.states.EndReason["UNPAID"],
                            payments.subscriptions.states.EndReason["NEVER_PAID"],
                            payments.subscriptions.states.EndReason["REFUNDED"],
                            payments.subscriptions.states.EndReason["REJECTED"],
                        ],
                    )
                ),
                name="subscription_end_reason",
            ),
        ),
        migrations.AddConstraint(
            model_name="subscription",
            constraint=models.CheckConstraint(
                condition=models.Q(("quantity__gte", 1), ("unit_price__gt", 0)), name="subscription_price"
            ),
        ),
        migrations.AddConstraint(
            model_name="subscription",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("next_quantity__isnull", True),
                        ("next_version_id__isnull", True),
                        ("next_unit_price__isnull", True),
                    ),
                    models.Q(
                        ("next_quantity__gte", 1),
                        ("next_unit_price__gt", 0),
                        ("next_version_id__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="subscription_next_is_whole",
            ),
        ),
        migrations.AddConstraint(
            model_name="subscription",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        (
                            "state__in",
                            [
                                payments.subscriptions.states.SubscriptionState["ACTIVE"],
                                payments.subscriptions.states.SubscriptionState["PAST_DUE"],
                                payments.subscriptions.states.SubscriptionState["TRIALING"],
                            ],
                        ),
                        _negated=True,
                    ),
                    ("due_at__isnull", False),
                    _connector="OR",
                ),
                name="subscription_is_due",
            ),
        ),
        migrations.AddConstraint(
            model_name="subscription",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("due_at__isnull", True),
                        ("ended_at__isnull", False),
                        ("state", payments.subscriptions.states.SubscriptionState["ENDED"]),
                        models.Q(
                            ("end_reason", payments.subscriptions.states.EndReason["NONE"]), _negated=True
                        ),
                    ),
                    models.Q(
                        models.Q(
                            ("state", payments.subscriptions.states.SubscriptionState["ENDED"]), _negated=True
                        ),
                        ("end_reason", payments.subscriptions.states.EndReason["NONE"]),
                        ("ended_at__isnull", True),
                    ),
                    _connector="OR",
                ),
                name="subscription_ends_whole",
            ),
        ),
        migrations.AddConstraint(
            model_name="subscription",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("period", 0), ("period_ends__isnull", True)),
                    models.Q(
                        ("anchor_at__isnull", False),
                        ("period__gte", 1),
                        ("period_ends__gt", models.F("period_starts")),
                    ),
                    _connector="OR",
                ),
                name="subscription_period",
            ),
        ),
        migrations.AddConstraint(
            model_name="subscription",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("past_due_since__isnull", False),
                        ("state", payments.subscriptions.states.SubscriptionState["PAST_DUE"]),
                    ),
                    models.Q(
                        models.Q(
                            ("state", payments.subscriptions.states.SubscriptionState["PAST_DUE"]),
                            _negated=True,
                        ),
                        ("past_due_since__isnull", True),
                    ),
                    _connector="OR",
                ),
                name="subscription_past_due",
            ),
        ),
        migrations.AddConstraint(
            model_name="subscription",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("recurring", 0),
                    models.Q(
                        ("recurring__gt", 0),
                        (
                            "state__in",
                            [
                                payments.subscriptions.states.SubscriptionState["ACTIVE"],
                                payments.subscriptions.states.SubscriptionState["PAST_DUE"],
                            ],
                        ),
                    ),
                    _connector="OR",
                ),
                name="subscription_recurring",
            ),
        ),
        migrations.AddIndex(
            model_name="recurringchange",
            index=models.Index(fields=["merchant", "at"], name="recurring_of_merchant"),
        ),
        migrations.AddConstraint(
            model_name="recurringchange",
            constraint=models.CheckConstraint(
                condition=models.Q(("book__in", [kernel.books.Book["LIVE"], kernel.books.Book["SANDBOX"]])),
                name="recurring_book",
            ),
        ),
        migrations.AddConstraint(
            model_name="recurringchange",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("after__gt", 0),
                        ("before", 0),
                        ("kind", payments.subscriptions.states.RecurringKind["NEW"]),
                    ),
                    models.Q(
                        ("after__gt", 0),
                        ("before", 0),
                        ("kind", payments.subscriptions.states.RecurringKind["REACTIVATION"]),
                    ),
                    models.Q(
                        ("after__gt", models.F("before")),
                        ("before__gt", 0),
                        ("kind", payments.subscriptions.states.RecurringKind["EXPANSION"]),
                    ),
                    models.Q(
                        ("after__gt", 0),
                        ("after__lt", models.F("before")),
                        ("kind", payments.subscriptions.states.RecurringKind["CONTRACTION"]),
                    ),
                    models.Q(
                        ("after", 0),
                        ("before__gt", 0),
                        ("kind", payments.subscriptions.states.RecurringKind["CHURN"]),
                    ),
                    _connector="OR",
                ),
                name="recurring_kind",
            ),
        ),
        migrations.AddConstraint(
            model_name="pricechange",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", payments.subscriptions.states.PriceChangeState["OFFERED"])),
                fields=("subscription",),
                name="price_change_one_open",
            ),
        ),
        migrations.AddConstraint(
            model_name="pricechange",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "state__in",
                        [
                            payments.subscriptions.states.PriceChangeState["OFFERED"],
                            payments.subscriptions.states.PriceChangeState["ACCEPTED"],
                            payments.subscriptions.states.PriceChangeState["DECLINED"],
                            payments.subscriptions.states.PriceChangeState["LAPSED"],
                        ],
                    )
                ),
                name="price_change_state",
            ),
        ),
        migrations.AddConstraint(
            model_name="pricechange",
            constraint=models.CheckConstraint(
                condition=models.Q(("new_price__gt", 0), ("old_price__gt", 0)), name="price_change_prices"
            ),
        ),
        migrations.AddIndex(
            model_name="mandate",
            index=models.Index(
                condition=models.Q(("ask_at__isnull", False)), fields=["ask_at"], name="mandate_to_ask"
            ),
        ),
        migrations.AddIndex(
            model_name="mandate",
            index=models.Index(fields=["buyer_key"], name="mandate_of_buyer"),
        ),
        migrations.AddIndex(
            model_name="mandate",
            index=models.Index(
                condition=models.Q(("handle", ""), _negated=True),
                fields=["account", "handle"],
                name="mandate_of_handle",
            ),
        ),
        migrations.AddConstraint(
            model_name="mandate",
            constraint=models.UniqueConstraint(
                fields=("merchant", "id", "book", "account"), name="mandate_agreed"
            ),
        ),
        migrations.AddConstraint(
            model_name="mandate",
            constraint=models.CheckConstraint(
                condition=models.Q(("book__in", [kernel.books.Book["LIVE"], kernel.books.Book["SANDBOX"]])),
                name="mandate_book",
            ),
        ),
        migrations.AddConstraint(
            model_name="mandate",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "state__in",
                        [
                            payments.subscriptions.states.MandateState["OFFERED"],
                            payments.subscriptions.states.MandateState["ACTIVE"],
                            payments.subscriptions.states.MandateState["SUSPENDED"],
                            payments.subscriptions.states.MandateState["ENDED"],
                        ],
                    )
                ),
                name="mandate_state",
            ),
        ),
        migrations.AddConstraint(
            model_name="mandate",
            constraint=models.CheckConstraint(
                condition=models.Q(("limit_amount__gt", 0)), name="mandate_limit"
            ),
        ),
        migrations.AddConstraint(
            model_name="mandate",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "state__in",
                        [
                            payments.subscriptions.states.MandateState["OFFERED"],
                            payments.subscriptions.states.MandateState["ENDED"],
                        ],
                    ),
                    models.Q(
                        models.Q(("handle", ""), _negated=True),
                        ("agreed_at__isnull", False),
                        ("consent__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="mandate_is_agreed",
            ),
        ),
        migrations.AddConstraint(
            model_name="mandate",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("ended_at__isnull", False),
                        ("state", payments.subscriptions.states.MandateState["ENDED"]),
                    ),
                    models.Q(
                        models.Q(
                            ("state", payments.subscriptions.states.MandateState["ENDED"]), _negated=True
                        ),
                        ("ended_at__isnull", True),
                    ),
                    _connector="OR",
                ),
                name="mandate_ended_at",
            ),
        ),
        migrations.AddConstraint(
            model_name="mandate",
            constraint=models.UniqueConstraint(
                condition=models.Q(
                    (
                        "state__in",
                        [
                            payments.subscriptions.states.MandateState["ACTIVE"],
                            payments.subscriptions.states.MandateState["SUSPENDED"],
                        ],
                    )
                ),
                fields=("subscription",),
                name="mandate_one_in_force",
            ),
        ),
        migrations.AddConstraint(
            model_name="invoice",
            constraint=models.UniqueConstraint(fields=("subscription", "number"), name="invoice_number_once"),
        ),
        migrations.AddConstraint(
            model_name="invoice",
            constraint=models.UniqueConstraint(
                condition=models.Q(
                    ("period__isnull", False),
                    models.Q(("state", payments.subscriptions.states.InvoiceState["VOID"]), _negated=True),
                ),
                fields=("subscription", "period"),
                name="invoice_period_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="invoice",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", payments.subscriptions.states.InvoiceState["OPEN"])),
                fields=("subscription",),
                name="invoice_one_open",
            ),
        ),
        migrations.AddConstraint(
            model_name="invoice",
            constraint=models.CheckConstraint(
                condition=models.Q(("book__in", [kernel.books.Book["LIVE"], kernel.books.Book["SANDBOX"]])),
                name="invoice_book",
            ),
        ),
        migrations.AddConstraint(
            model_name="invoice",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "kind__in",
                        [
                            payments.subscriptions.states.InvoiceKind["START"],
                            payments.subscriptions.states.InvoiceKind["TRIAL"],
                            payments.subscriptions.states.InvoiceKind["RENEWAL"],
                            payments.subscriptions.states.InvoiceKind["CHANGE"],
                        ],
                    )
                ),
                name="invoice_kind",
            ),
        ),
        migrations.AddConstraint(
            model_name="invoice",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "state__in",
                        [
                            payments.subscriptions.states.InvoiceState["OPEN"],
                            payments.subscriptions.states.InvoiceState["PAID"],
                            payments.subscriptions.states.InvoiceState["VOID"],
                        ],
                    )
                ),
                name="invoice_state",
            ),
        ),
        migrations.AddConstraint(
            model_name="invoice",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("discount__gte", 0),
                    ("quantity__gte", 1),
                    (
                        "total",
                        django.db.models.expressions.CombinedExpression(
                            django.db.models.expressions.CombinedExpression(
                                models.F("subtotal"), "-", models.F("discount")
                            ),
                            "-",
                            models.F("balance_used"),
                        ),
                    ),
                    ("total__gte", 0),
                ),
                name="invoice_total",
            ),
        ),
        migrations.AddConstraint(
            model_name="invoice",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("order__isnull", True), ("total", 0)),
                    models.Q(("order__isnull", False), ("total__gt", 0)),
                    _connector="OR",
                ),
                name="invoice_has_order",
            ),
        ),
        migrations.AddConstraint(
            model_name="invoice",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("kind", payments.subscriptions.states.InvoiceKind["CHANGE"]),
                        ("period__isnull", True),
                        ("period_ends__isnull", True),
                    ),
                    models.Q(("period__gte", 1), ("period_ends__gt", models.F("period_starts"))),
                    _connector="OR",
                ),
                name="invoice_period",
            ),
        ),
        migrations.AddConstraint(
            model_name="invoice",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("paid_at__isnull", True),
                        ("state", payments.subscriptions.states.InvoiceState["OPEN"]),
                        ("voided_at__isnull", True),
                    ),
                    models.Q(
                        ("paid_at__isnull", False),
                        ("state", payments.subscriptions.states.InvoiceState["PAID"]),
                        ("voided_at__isnull", True),
                    ),
                    models.Q(
                        ("paid_at__isnull", True),
                        ("state", payments.subscriptions.states.InvoiceState["VOID"]),
                        ("voided_at__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="invoice_times",
            ),
        ),
        migrations.RunSQL(COMPOSITE_KEYS, DROP_COMPOSITE_KEYS),
        migrations.RunSQL("".join(map(_may, MOVES)), "".join(map(_drop_may, MOVES))),
        migrations.RunSQL(GUARDS, DROP_GUARDS),
    ]
