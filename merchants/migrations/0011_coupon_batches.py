"""Codes made in bulk, the scopes of coupons, and the permission to let the platform carry one."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import kernel.ids
import merchants.states

KEYS = """
ALTER TABLE merchants_codebatch ADD CONSTRAINT code_batch_coupon FOREIGN KEY (merchant_id, coupon_id)
    REFERENCES merchants_coupon (merchant_id, id);
ALTER TABLE merchants_couponcode ADD CONSTRAINT coupon_code_of_batch FOREIGN KEY (batch, coupon_id, merchant_id)
    REFERENCES merchants_codebatch (id, coupon_id, merchant_id);
CREATE TRIGGER code_batch_is_a_record BEFORE UPDATE ON merchants_codebatch FOR EACH ROW
    WHEN ((NEW.id, NEW.coupon_id, NEW.merchant_id, NEW.prefix, NEW.wanted)
            IS DISTINCT FROM (OLD.id, OLD.coupon_id, OLD.merchant_id, OLD.prefix, OLD.wanted)
        OR NEW.made < OLD.made OR (OLD.state = 'generated' AND NEW.state <> 'generated'))
    EXECUTE FUNCTION merchants_refuse('what was asked for stays; codes are only added');
"""
DROP_KEYS = """
DROP TRIGGER code_batch_is_a_record ON merchants_codebatch;
ALTER TABLE merchants_couponcode DROP CONSTRAINT coupon_code_of_batch;
ALTER TABLE merchants_codebatch DROP CONSTRAINT code_batch_coupon;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("merchants", "0010_coupons"),
    ]

    operations = [
        migrations.CreateModel(
            name="CodeBatch",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.ids.new, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("prefix", models.CharField(blank=True, max_length=12)),
                ("wanted", models.IntegerField()),
                ("made", models.IntegerField(default=0)),
                (
                    "state",
                    models.CharField(
                        choices=[("generating", "generating"), ("generated", "generated")],
                        default=merchants.states.CodeBatchState["GENERATING"],
                        max_length=10,
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("progressed_at", models.DateTimeField(blank=True, null=True)),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
            ],
        ),
        migrations.AlterModelOptions(
            name="coupon",
            options={"permissions": [("carry_coupon", "Can make coupons that the platform carries")]},
        ),
        migrations.RemoveConstraint(
            model_name="apikey",
            name="api_key_scopes",
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
        migrations.AddField(
            model_name="codebatch",
            name="coupon",
            field=models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="code_batches",
                to="merchants.coupon",
            ),
        ),
        migrations.AddField(
            model_name="codebatch",
            name="created_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="codebatch",
            name="merchant",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="merchants.merchant",
            ),
        ),
        migrations.AddIndex(
            model_name="codebatch",
            index=models.Index(
                condition=models.Q(("state", merchants.states.CodeBatchState["GENERATING"])),
                fields=["created_at"],
                name="code_batch_at_work",
            ),
        ),
        migrations.AddConstraint(
            model_name="codebatch",
            constraint=models.UniqueConstraint(fields=("id", "coupon", "merchant"), name="code_batch_agreed"),
        ),
        migrations.AddConstraint(
            model_name="codebatch",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "state__in",
                        [
                            merchants.states.CodeBatchState["GENERATING"],
                            merchants.states.CodeBatchState["GENERATED"],
                        ],
                    )
                ),
                name="code_batch_state",
            ),
        ),
        migrations.AddConstraint(
            model_name="codebatch",
            constraint=models.CheckConstraint(
                condition=models.Q(("prefix__regex", "^[A-Z0-9]{0,12}$")), name="code_batch_prefix"
            ),
        ),
        migrations.AddConstraint(
            model_name="codebatch",
            constraint=models.CheckConstraint(
                condition=models.Q(("wanted__gte", 1), ("wanted__lte", 20000)), name="code_batch_wanted"
            ),
        ),
        migrations.AddConstraint(
            model_name="codebatch",
            constraint=models.CheckConstraint(
                condition=models.Q(("made__gte", 0), ("made__lte", models.F("wanted"))),
                name="code_batch_made",
            ),
        ),
        migrations.AddConstraint(
            model_name="codebatch",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("finished_at__isnull", True),
                        ("state", merchants.states.CodeBatchState["GENERATING"]),
                    ),
                    models.Q(
                        ("finished_at__isnull", False),
                        ("made", models.F("wanted")),
                        ("state", merchants.states.CodeBatchState["GENERATED"]),
                    ),
                    _connector="OR",
                ),
                name="code_batch_whole",
            ),
        ),
        migrations.RunSQL(KEYS, DROP_KEYS),
    ]
