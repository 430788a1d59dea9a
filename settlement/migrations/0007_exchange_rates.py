"""Exchange rates, as they were published; their rows never change and never leave."""

from django.db import migrations, models

import kernel.ids

KEEP = """
CREATE TRIGGER exchange_rate_is_kept BEFORE UPDATE OR DELETE ON settlement_exchangerate FOR EACH ROW
    EXECUTE FUNCTION settlement_refuse('exchange_rate_is_kept');
"""


class Migration(migrations.Migration):
    """The table and its keeper."""

    dependencies = [
        ("settlement", "0006_approvals_lapse"),
    ]

    operations = [
        migrations.CreateModel(
            name="ExchangeRate",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.ids.new, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("day", models.DateField(verbose_name="day")),
                ("currency", models.CharField(max_length=3, verbose_name="currency")),
                (
                    "per_euro",
                    models.DecimalField(decimal_places=6, max_digits=18, verbose_name="one euro is"),
                ),
                ("source", models.CharField(max_length=20, verbose_name="source")),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="recorded at")),
            ],
            options={
                "verbose_name": "exchange rate",
                "verbose_name_plural": "exchange rates",
                "constraints": [
                    models.UniqueConstraint(fields=("day", "currency", "source"), name="exchange_rate_once"),
                    models.CheckConstraint(
                        condition=models.Q(("per_euro__gt", 0)), name="exchange_rate_positive"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("currency__regex", "^[A-Z]{3}$")), name="exchange_rate_currency"
                    ),
                ],
            },
        ),
        migrations.RunSQL(KEEP, "DROP TRIGGER IF EXISTS exchange_rate_is_kept ON settlement_exchangerate"),
    ]
