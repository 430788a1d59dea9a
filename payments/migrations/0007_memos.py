"""What a merchant's program keeps with an order."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """A table beside the orders."""

    dependencies = [("payments", "0006_unpaid_bounds")]

    operations = [
        migrations.CreateModel(
            name="Memo",
            fields=[
                (
                    "order",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="memo",
                        serialize=False,
                        to="payments.order",
                    ),
                ),
                ("api_key_id", models.UUIDField()),
                ("reference", models.CharField(blank=True, max_length=64)),
                ("metadata", models.JSONField(default=dict)),
                ("return_url", models.CharField(blank=True, max_length=500)),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("reference", ""), _negated=True),
                        fields=["reference"],
                        name="memo_reference",
                    )
                ],
            },
        ),
    ]
